namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>The statements of a template: text, output and blocks.</summary>
internal sealed class TemplateParser
{
    private readonly TokenStream _tokens;
    private readonly ExpressionParser _expressions;
    private readonly TargetParser _targets;
    private readonly Dictionary<string, Block> _blocks = new(StringComparer.Ordinal);
    private int _loops;

    private TemplateParser(TokenStream tokens)
    {
        _tokens = tokens;
        _expressions = new ExpressionParser(tokens);
        _targets = new TargetParser(tokens, _expressions);
    }

    /// <exception cref="UserError">The template is not well formed; the sentence names line and column.</exception>
    public static ParsedTemplate Parse(string source, string name)
    {
        var tokens = new TokenStream(TemplateLexer.Tokenize(source, name), name);
        var parser = new TemplateParser(tokens);
        var body = parser.ParseUntil(default, opener: null);
        return tokens.Unknown is [var (place, kind, unknown), ..]
            ? throw tokens.Fault(place, $"there is no {kind} '{unknown}'; the {kind}s are {(kind == "filter" ? Filters.Names : Tests.Names)}")
            : new ParsedTemplate(body, parser._blocks);
    }

    /// <summary>Statements up to a block tag with one of the names, which stays to be read: the position is behind its name.</summary>
    private List<Statement> ParseUntil(ReadOnlySpan<string> ends, Token? opener)
    {
        _tokens.GuardDepth();
        var body = new List<Statement>();
        while (true)
        {
            var token = _tokens.Current;
            switch (token.Kind)
            {
                case TokenKind.End when opener is null:
                    return body;
                case TokenKind.End:
                    throw _tokens.Fault(opener.Value.Place, $"'{opener.Value.Text}' has no end; close it with '{{% {ends[^1]} %}}'");
                case TokenKind.Data:
                    body.Add(new PlainText(token.Place, _tokens.Take().Text));
                    break;
                case TokenKind.VariableBegin:
                    _tokens.Take();
                    body.Add(new Output(_tokens.Current.Place, _expressions.ParseTuple()));
                    _tokens.Expect(TokenKind.VariableEnd, "'}}'");
                    break;
                default:
                    _tokens.Take();
                    if (_tokens.Current.Kind == TokenKind.Name && ends.Contains(_tokens.Current.Text)) return body;
                    body.Add(ParseStatement());
                    break;
            }
        }
    }

    private List<Statement> ParseBody(Token opener, params ReadOnlySpan<string> ends)
    {
        // A colon as in Python is allowed.
        _tokens.TakeIf(":");
        EndTag();
        return ParseUntil(ends, opener);
    }

    /// <summary>A body that ends with one tag, which is read too.</summary>
    /// <param name="isFunction">Whether the body runs on its own, so that a loop around it is none of its business.</param>
    private List<Statement> ParseWholeBody(Token opener, string end, bool isFunction = false)
    {
        var (loops, conditional) = (_loops, _tokens.IsConditional);
        if (isFunction) _loops = 0;
        _tokens.IsConditional = false;
        var body = ParseBody(opener, end);
        (_loops, _tokens.IsConditional) = (loops, conditional);
        _tokens.Take();
        EndTag();
        return body;
    }

    private void EndTag() => _tokens.Expect(TokenKind.BlockEnd, "'%}'");

    private Statement ParseStatement()
    {
        var tag = _tokens.Expect(TokenKind.Name, "the name of a tag");
        switch (tag.Text)
        {
            case "if":
                return ParseIf(tag);
            case "for":
                return ParseFor(tag);
            case "set":
                return ParseSet(tag);
            case "macro":
                var name = _targets.ParseName("the name of the macro");
                _tokens.NoteWrite(name);
                return ParseMacro(tag, name, _targets.ParseParameters(), "endmacro");
            case "call":
                return ParseCallBlock(tag);
            case "filter":
                return ParseFilterBlock(tag);
            case "with":
                return ParseWith(tag);
            case "generation":
                return new Scoped(tag.Place, ParseWholeBody(tag, "endgeneration", isFunction: true));
            case "autoescape":
                return new AutoEscape(tag.Place, _expressions.Parse(), ParseWholeBody(tag, "endautoescape"));
            case "print":
                return ParsePrint(tag);
            case "block":
                return ParseBlock(tag);
            case "break" or "continue":
                if (_loops == 0) throw _tokens.Fault(tag.Place, $"'{tag.Text}' stands outside a loop");
                EndTag();
                return tag.Text == "break" ? new Break(tag.Place) : new Continue(tag.Place);
            case "include" or "import" or "from" or "extends":
                return ParseOther(tag);
            default:
                throw _tokens.Fault(tag.Place, $"there is no tag '{tag.Text}' here; the tags are if, for, set, macro, call, filter, with, raw, generation, autoescape, block, print, break and continue");
        }
    }

    private If ParseIf(Token tag)
    {
        var conditional = _tokens.IsConditional;
        _tokens.IsConditional = true;
        var branches = new List<(Expression, IReadOnlyList<Statement>)>();
        var otherwise = new List<Statement>();
        do
        {
            var condition = _expressions.ParseTupleWithoutCondition();
            branches.Add((condition, ParseBody(tag, "elif", "else", "endif")));
        }
        while (_tokens.TakeIfName("elif"));
        if (_tokens.TakeIfName("else")) otherwise = ParseBody(tag, "endif");
        _tokens.Take();
        _tokens.IsConditional = conditional;
        EndTag();
        return new If(tag.Place, branches, otherwise);
    }

    private For ParseFor(Token tag)
    {
        _targets.Loops++;
        var target = _targets.Parse(withNamespace: false);
        if (!_tokens.TakeIfName("in")) throw _tokens.Unexpected("'in'");
        var items = _expressions.ParseTupleWithoutCondition();
        var conditional = _tokens.IsConditional;
        _tokens.IsConditional = false;
        var condition = _tokens.TakeIfName("if") ? _expressions.Parse() : null;
        var recursive = _tokens.TakeIfName("recursive");
        _loops++;
        var body = ParseBody(tag, "else", "endfor");
        _loops--;
        var otherwise = _tokens.TakeIfName("else") ? ParseBody(tag, "endfor") : [];
        _tokens.IsConditional = conditional;
        _targets.Loops--;
        _tokens.Take();
        EndTag();
        return new For(tag.Place, target, items, condition, recursive, body, otherwise);
    }

    private Statement ParseSet(Token tag)
    {
        var target = _targets.Parse(withNamespace: true);
        if (_tokens.TakeIf("="))
        {
            var value = _expressions.ParseTuple();
            EndTag();
            return new Set(tag.Place, target, value);
        }

        Filter? filter = null;
        while (_tokens.TakeIf("|")) filter = _expressions.ParseFilter((Expression?)filter ?? new Captured(tag.Place));
        return new SetBlock(tag.Place, target, filter, ParseWholeBody(tag, "endset"));
    }

    private Macro ParseMacro(Token tag, string name, List<(string, Expression?)> parameters, string end)
    {
        _tokens.BeginMacro();
        var body = ParseWholeBody(tag, end, isFunction: true);
        var reads = _tokens.EndMacro();
        if (reads.Contains("caller") && parameters.Exists(parameter => parameter is ("caller", null))) throw _tokens.Fault(tag.Place, "the parameter 'caller' of a macro must be omitted or have a default");
        reads = reads.Where(read => read == "caller" || !parameters.Exists(parameter => parameter.Item1 == read)).ToHashSet();
        return new Macro(tag.Place, name, parameters, reads, body);
    }

    private CallBlock ParseCallBlock(Token tag)
    {
        var parameters = _tokens.Current.Is("(") ? _targets.ParseParameters() : [];
        var expression = _expressions.Parse();
        if (expression is not Call call) throw _tokens.Fault(tag.Place, "'call' must be followed by the call of a macro");
        return new CallBlock(tag.Place, ParseMacro(tag, "caller", parameters, "endcall"), call);
    }

    private FilterBlock ParseFilterBlock(Token tag)
    {
        var filter = _expressions.ParseFilter(new Captured(tag.Place));
        while (_tokens.TakeIf("|")) filter = _expressions.ParseFilter(filter);
        return new FilterBlock(tag.Place, filter, ParseWholeBody(tag, "endfilter"));
    }

    private With ParseWith(Token tag)
    {
        var bindings = new List<(Target, Expression)>();
        while (_tokens.Current.Kind != TokenKind.BlockEnd && !_tokens.Current.Is(":"))
        {
            if (bindings.Count > 0) _tokens.Expect(",");
            var target = _targets.Parse(withNamespace: false, isParameter: true);
            _tokens.Expect("=");
            bindings.Add((target, _expressions.Parse()));
        }

        return new With(tag.Place, bindings, ParseWholeBody(tag, "endwith"));
    }

    private Output ParsePrint(Token tag)
    {
        var parts = new List<Expression>();
        while (_tokens.Current.Kind != TokenKind.BlockEnd)
        {
            if (parts.Count > 0) _tokens.Expect(",");
            parts.Add(_expressions.Parse());
        }

        EndTag();
        return new Output(tag.Place, parts.Count == 1 ? parts[0] : new Concatenation(tag.Place, parts));
    }

    private Block ParseBlock(Token tag)
    {
        var name = _tokens.Expect(TokenKind.Name, "the name of the block").Text;
        var scoped = _tokens.TakeIfName("scoped");
        var required = _tokens.TakeIfName("required");
        var (loops, conditional) = (_loops, _tokens.IsConditional);
        (_loops, _tokens.IsConditional) = (0, false);
        var body = ParseBody(tag, "endblock");
        (_loops, _tokens.IsConditional) = (loops, conditional);
        _tokens.Take();
        _tokens.TakeIfName(name);
        EndTag();
        if (required) throw _tokens.Fault(tag.Place, $"the block '{name}' is required, and there is no other template that could fill it");
        var block = new Block(tag.Place, name, scoped, body);
        if (!_blocks.TryAdd(name, block)) throw _tokens.Fault(tag.Place, $"there are two blocks of the name '{name}'");
        return block;
    }

    /// <summary>A tag that needs another template: read, and a fault when it is reached.</summary>
    private OtherTemplate ParseOther(Token tag)
    {
        var name = _expressions.Parse();
        var mayBeMissing = false;
        if (tag.Text == "include" && _tokens.Current.IsName("ignore") && _tokens.Peek.IsName("missing"))
        {
            mayBeMissing = true;
            _tokens.Take();
            _tokens.Take();
        }

        if (tag.Text is "import" or "from")
        {
            if (!_tokens.TakeIfName(tag.Text == "import" ? "as" : "import")) throw _tokens.Unexpected(tag.Text == "import" ? "'as'" : "'import'");
            do
            {
                _targets.ParseName("a name");
                if (_tokens.TakeIfName("as")) _targets.ParseName("a name");
            }
            while (tag.Text == "from" && _tokens.TakeIf(","));
        }

        if (tag.Text != "extends" && (_tokens.Current.IsName("with") || _tokens.Current.IsName("without")) && _tokens.Peek.IsName("context"))
        {
            _tokens.Take();
            _tokens.Take();
        }

        EndTag();
        return new OtherTemplate(tag.Place, tag.Text, name, mayBeMissing);
    }
}
