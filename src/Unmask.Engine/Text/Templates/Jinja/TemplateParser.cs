using Unmask.Core;

namespace Unmask.Engine.Text.Templates.Jinja;

/// <summary>The statements of a template: text, output and blocks.</summary>
internal sealed class TemplateParser
{
    private readonly TokenStream _tokens;
    private readonly ExpressionParser _expressions;
    private int _loops;

    private TemplateParser(TokenStream tokens)
    {
        _tokens = tokens;
        _expressions = new ExpressionParser(tokens);
    }

    /// <exception cref="UserError">The template is not well formed; the sentence names line and column.</exception>
    public static IReadOnlyList<Statement> Parse(string source, string name)
    {
        var parser = new TemplateParser(new TokenStream(TemplateLexer.Tokenize(source, name), name));
        return parser.ParseUntil(default, opener: null);
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
        EndTag();
        return ParseUntil(ends, opener);
    }

    /// <summary>A body that ends with one tag, which is read too.</summary>
    private List<Statement> ParseWholeBody(Token opener, string end)
    {
        var body = ParseBody(opener, end);
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
                var name = _tokens.Expect(TokenKind.Name, "the name of the macro").Text;
                return ParseMacro(tag, name, ParseParameters(), "endmacro");
            case "call":
                return ParseCallBlock(tag);
            case "filter":
                return ParseFilterBlock(tag);
            case "with":
                return ParseWith(tag);
            case "generation":
                return new Scoped(tag.Place, ParseWholeBody(tag, "endgeneration"));
            case "break" or "continue":
                if (_loops == 0) throw _tokens.Fault(tag.Place, $"'{tag.Text}' stands outside a loop");
                EndTag();
                return tag.Text == "break" ? new Break(tag.Place) : new Continue(tag.Place);
            case "include" or "import" or "from" or "extends" or "block":
                throw _tokens.Fault(tag.Place, $"'{tag.Text}' is not available: a chat template stands alone");
            default:
                throw _tokens.Fault(tag.Place, $"there is no tag '{tag.Text}' here; the tags are if, for, set, macro, call, filter, with, raw, generation, break and continue");
        }
    }

    private If ParseIf(Token tag)
    {
        var branches = new List<(Expression, IReadOnlyList<Statement>)>();
        var otherwise = new List<Statement>();
        while (true)
        {
            var condition = _expressions.ParseTuple();
            branches.Add((condition, ParseBody(tag, "elif", "else", "endif")));
            if (_tokens.TakeIfName("elif")) continue;
            if (_tokens.TakeIfName("else")) otherwise = ParseBody(tag, "endif");
            _tokens.Take();
            EndTag();
            return new If(tag.Place, branches, otherwise);
        }
    }

    private For ParseFor(Token tag)
    {
        var target = ParseTarget();
        if (!_tokens.TakeIfName("in")) throw _tokens.Unexpected("'in'");
        var items = _expressions.ParseTupleWithoutCondition();
        var condition = _tokens.TakeIfName("if") ? _expressions.Parse() : null;
        if (_tokens.Current.IsName("recursive")) throw _tokens.Fault(_tokens.Current.Place, "recursive loops are not available; use a macro that calls itself");
        _loops++;
        var body = ParseBody(tag, "else", "endfor");
        _loops--;
        var otherwise = _tokens.TakeIfName("else") ? ParseBody(tag, "endfor") : [];
        _tokens.Take();
        EndTag();
        return new For(tag.Place, target, items, condition, body, otherwise);
    }

    private Statement ParseSet(Token tag)
    {
        var target = ParseTarget();
        if (_tokens.TakeIf("="))
        {
            var value = _expressions.ParseTuple();
            EndTag();
            return new Set(tag.Place, target, value);
        }

        var filter = ParseFilters(tag);
        return new SetBlock(tag.Place, target, filter, ParseWholeBody(tag, "endset"));
    }

    private Filter? ParseFilters(Token tag)
    {
        Filter? filter = null;
        while (_tokens.TakeIf("|")) filter = _expressions.ParseFilter((Expression?)filter ?? new Captured(tag.Place));
        return filter;
    }

    private Target ParseTarget()
    {
        var place = _tokens.Current.Place;
        var parts = new List<Target> { ParseTargetPart() };
        var isTuple = false;
        while (_tokens.TakeIf(","))
        {
            isTuple = true;
            if (_tokens.Current.Kind != TokenKind.Name || _tokens.Current.IsName("in")) break;
            parts.Add(ParseTargetPart());
        }

        return isTuple ? new TupleTarget(place, parts) : parts[0];
    }

    private Target ParseTargetPart()
    {
        var place = _tokens.Current.Place;
        if (_tokens.TakeIf("("))
        {
            _tokens.GuardDepth();
            var inner = ParseTarget();
            _tokens.Expect(")");
            return inner;
        }

        var name = _tokens.Expect(TokenKind.Name, "the name of a variable").Text;
        if (name is "true" or "false" or "none" or "True" or "False" or "None") throw _tokens.Fault(place, $"'{name}' cannot be assigned to");
        return _tokens.TakeIf(".") ? new AttributeTarget(place, name, _tokens.Expect(TokenKind.Name, "the name of an attribute").Text) : new NameTarget(place, name);
    }

    private List<(string, Expression?)> ParseParameters()
    {
        var parameters = new List<(string, Expression?)>();
        _tokens.Expect("(");
        while (!_tokens.Current.Is(")"))
        {
            if (parameters.Count > 0) _tokens.Expect(",");
            var name = _tokens.Expect(TokenKind.Name, "the name of a parameter").Text;
            parameters.Add((name, _tokens.TakeIf("=") ? _expressions.Parse() : null));
        }

        _tokens.Expect(")");
        return parameters;
    }

    private Macro ParseMacro(Token tag, string name, List<(string, Expression?)> parameters, string end)
    {
        // A loop around the macro is none of its body's business.
        var loops = _loops;
        _loops = 0;
        var body = ParseWholeBody(tag, end);
        _loops = loops;
        return new Macro(tag.Place, name, parameters, body);
    }

    private CallBlock ParseCallBlock(Token tag)
    {
        var parameters = _tokens.Current.Is("(") ? ParseParameters() : [];
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
        while (_tokens.Current.Kind != TokenKind.BlockEnd)
        {
            if (bindings.Count > 0) _tokens.Expect(",");
            var target = ParseTargetPart();
            _tokens.Expect("=");
            bindings.Add((target, _expressions.Parse()));
        }

        return new With(tag.Place, bindings, ParseWholeBody(tag, "endwith"));
    }
}
