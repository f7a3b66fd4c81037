namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>
/// The expression grammar, lowest precedence first: <c>a if b else c</c>, or, and, not, comparisons and in, + and -, ~, * / // %, **,
/// unary - and +, then members, calls, filters and tests. Source: the Jinja template documentation, "Expressions".
/// </summary>
internal sealed class ExpressionParser(TokenStream tokens)
{
    private static readonly string[] _comparisons = ["==", "!=", "<", "<=", ">", ">="];

    public Expression Parse()
    {
        tokens.GuardDepth();
        var unknown = tokens.Unknown.Count;
        var value = ParseOr();
        while (tokens.Current.IsName("if"))
        {
            var place = tokens.Take().Place;
            var condition = ParseOr();
            var otherwise = tokens.TakeIfName("else") ? Parse() : null;
            value = new Conditional(place, condition, value, otherwise);
            // Whether a filter exists counts only when a conditional part is reached.
            tokens.Unknown.RemoveRange(unknown, tokens.Unknown.Count - unknown);
        }

        return value;
    }

    /// <summary>Expressions with commas between them make a tuple without brackets.</summary>
    public Expression ParseTuple() => ParseTuple(Parse);

    /// <summary>As <see cref="ParseTuple()"/>, leaving a following <c>if</c> to the statement (<c>for x in y if z</c>).</summary>
    public Expression ParseTupleWithoutCondition() => ParseTuple(ParseOr);

    public Arguments ParseArguments() => ArgumentParser.Parse(tokens, Parse);

    /// <summary>One filter after the bar: its name and arguments.</summary>
    public Filter ParseFilter(Expression target)
    {
        var (name, place) = tokens.ExpectDottedName("the name of a filter");
        if (!Filters.Exists(name)) tokens.NoteUnknown(place, "filter", name);
        return new Filter(place, target, name, tokens.Current.Is("(") ? ParseArguments() : Arguments.None);
    }

    private Expression ParseTuple(Func<Expression> parse)
    {
        var place = tokens.Current.Place;
        var items = new List<Expression> { parse() };
        var isTuple = false;
        while (tokens.TakeIf(","))
        {
            isTuple = true;
            if (tokens.Current.Kind is TokenKind.BlockEnd or TokenKind.VariableEnd or TokenKind.End || tokens.Current.Is(")")) break;
            items.Add(parse());
        }

        return isTuple ? new ListLiteral(place, items, IsTuple: true) : items[0];
    }

    private Expression ParseOr()
    {
        var left = ParseAnd();
        while (tokens.Current.IsName("or")) left = new Logical(tokens.Take().Place, IsAnd: false, left, ParseAnd());
        return left;
    }

    private Expression ParseAnd()
    {
        var left = ParseNot();
        while (tokens.Current.IsName("and")) left = new Logical(tokens.Take().Place, IsAnd: true, left, ParseNot());
        return left;
    }

    private Expression ParseNot()
    {
        tokens.GuardDepth();
        if (tokens.Current.IsName("not")) return new Unary(tokens.Take().Place, "not", ParseNot());
        return ParseComparison();
    }

    private Expression ParseComparison()
    {
        var place = tokens.Current.Place;
        var first = ParseSum();
        var rest = new List<(string, Expression)>();
        while (true)
        {
            if (tokens.Current.Kind == TokenKind.Operator && _comparisons.Contains(tokens.Current.Text)) rest.Add((tokens.Take().Text, ParseSum()));
            else if (tokens.TakeIfName("in")) rest.Add(("in", ParseSum()));
            else if (tokens.Current.IsName("not") && tokens.Peek.IsName("in"))
            {
                tokens.Take();
                tokens.Take();
                rest.Add(("not in", ParseSum()));
            }
            else return rest.Count == 0 ? first : new Comparison(place, first, rest);
        }
    }

    private Expression ParseSum() => ParseLeft(ParseConcatenation, "+", "-");

    private Expression ParseConcatenation()
    {
        var first = ParseProduct();
        if (!tokens.Current.Is("~")) return first;
        var place = tokens.Current.Place;
        var parts = new List<Expression> { first };
        while (tokens.TakeIf("~")) parts.Add(ParseProduct());
        return new Concatenation(place, parts);
    }

    private Expression ParseProduct() => ParseLeft(ParsePower, "*", "/", "//", "%");

    private Expression ParsePower()
    {
        var left = ParseUnary(withFilters: true);
        while (tokens.Current.Is("**"))
        {
            var op = tokens.Take();
            var right = ParseUnary(withFilters: true);
            // As in the Python that Jinja writes, -2 ** x is -(2 ** x) for a variable x; numbers alone Jinja computes itself, from the left.
            left = left is Unary { Operator: "-", Operand: Literal { Value.IsNumber: true } number } minus && !right.IsConstant()
                ? new Unary(minus.Place, "-", new Binary(op.Place, "**", number, right))
                : new Binary(op.Place, "**", left, right);
        }

        return left;
    }

    private Expression ParseLeft(Func<Expression> operand, params ReadOnlySpan<string> operators)
    {
        var left = operand();
        while (tokens.Current.Kind == TokenKind.Operator && operators.Contains(tokens.Current.Text))
        {
            var op = tokens.Take();
            left = new Binary(op.Place, op.Text, left, operand());
        }

        return left;
    }

    private Expression ParseUnary(bool withFilters)
    {
        tokens.GuardDepth();
        var value = tokens.Current.Is("-") || tokens.Current.Is("+")
            ? new Unary(tokens.Current.Place, tokens.Take().Text, ParseUnary(withFilters: false))
            : ParsePrimary();
        value = ParsePostfix(value);
        return withFilters ? ParseFiltersAndTests(value) : value;
    }

    private Expression ParsePrimary()
    {
        var token = tokens.Current;
        switch (token.Kind)
        {
            case TokenKind.Name:
                tokens.Take();
                return token.Text switch
                {
                    "true" or "True" => new Literal(token.Place, TemplateValue.True),
                    "false" or "False" => new Literal(token.Place, TemplateValue.False),
                    "none" or "None" => new Literal(token.Place, TemplateValue.None),
                    _ => Read(token),
                };
            case TokenKind.Text:
                var texts = new List<string>();
                while (tokens.Current.Kind == TokenKind.Text) texts.Add(tokens.Take().Text);
                return new Literal(token.Place, texts.Count == 1 ? texts[0] : string.Concat(texts));
            case TokenKind.Integer:
                tokens.Take();
                return new Literal(token.Place, NumberReading.Whole(token.Text, 0) is { } whole ? TemplateValue.Big(whole) : throw tokens.Fault(token.Place, $"a whole number may have {BigNumbers.MostDigits:N0} digits at most"));
            case TokenKind.Float:
                tokens.Take();
                return new Literal(token.Place, double.Parse(token.Text, CultureInfo.InvariantCulture));
        }

        if (tokens.TakeIf("(")) return ParseRestOfParentheses(token.Place);
        if (tokens.TakeIf("[")) return new ListLiteral(token.Place, ParseItems("]"), IsTuple: false);
        if (tokens.TakeIf("{")) return ParseRestOfMapping(token.Place);
        throw tokens.Unexpected("a value");
    }

    private Variable Read(Token name)
    {
        tokens.NoteRead(name.Text);
        return new Variable(name.Place, name.Text);
    }

    private Expression ParseRestOfParentheses(Place place)
    {
        if (tokens.TakeIf(")")) return new ListLiteral(place, [], IsTuple: true);
        var inner = ParseTuple();
        tokens.Expect(")");
        return inner;
    }

    private List<Expression> ParseItems(string close)
    {
        var items = new List<Expression>();
        while (!tokens.Current.Is(close))
        {
            if (items.Count > 0)
            {
                tokens.Expect(",");
                if (tokens.Current.Is(close)) break;
            }

            items.Add(Parse());
        }

        tokens.Expect(close);
        return items;
    }

    private MappingLiteral ParseRestOfMapping(Place place)
    {
        var entries = new List<(Expression, Expression)>();
        while (!tokens.Current.Is("}"))
        {
            if (entries.Count > 0)
            {
                tokens.Expect(",");
                if (tokens.Current.Is("}")) break;
            }

            var key = Parse();
            tokens.Expect(":");
            entries.Add((key, Parse()));
        }

        tokens.Expect("}");
        return new MappingLiteral(place, entries);
    }

    private Expression ParsePostfix(Expression value)
    {
        while (true)
        {
            var place = tokens.Current.Place;
            if (tokens.TakeIf("."))
            {
                if (tokens.Current.Kind == TokenKind.Integer) value = new Item(place, value, ParsePrimary());
                else value = new Member(place, value, tokens.Expect(TokenKind.Name, "the name of an attribute").Text);
            }
            else if (tokens.TakeIf("[")) value = ParseSubscript(place, value);
            else if (tokens.Current.Is("(")) value = new Call(place, value, ParseArguments());
            else return value;
        }
    }

    private Expression ParseSubscript(Place place, Expression target)
    {
        var from = tokens.Current.Is(":") ? null : Parse();
        if (tokens.TakeIf("]")) return new Item(place, target, from!);
        if (from is not null && tokens.Current.Is(","))
        {
            var keys = new List<Expression> { from };
            while (tokens.TakeIf(",")) keys.Add(Parse());
            tokens.Expect("]");
            return new Item(place, target, new ListLiteral(place, keys, IsTuple: true));
        }

        tokens.Expect(":");
        var to = tokens.Current.Is(":") || tokens.Current.Is("]") ? null : Parse();
        var step = tokens.TakeIf(":") && !tokens.Current.Is("]") ? Parse() : null;
        tokens.Expect("]");
        return new Slice(place, target, from, to, step);
    }

    private Expression ParseFiltersAndTests(Expression value)
    {
        while (true)
        {
            if (tokens.TakeIf("|")) value = ParseFilter(value);
            else if (tokens.Current.IsName("is")) value = ParseTest(value);
            else if (tokens.Current.Is("(")) value = new Call(tokens.Current.Place, value, ParseArguments());
            else return value;
        }
    }

    private Test ParseTest(Expression target)
    {
        tokens.Take();
        var negated = tokens.TakeIfName("not");
        var (name, place) = tokens.ExpectDottedName("the name of a test");
        if (!Tests.Exists(name)) tokens.NoteUnknown(place, "test", name);
        if (tokens.Current.Is("(")) return new Test(place, target, name, ParseArguments(), negated);
        if (!tokens.Current.BeginsArgument) return new Test(place, target, name, Arguments.None, negated);
        if (tokens.Current.IsName("is")) throw tokens.Fault(tokens.Current.Place, "one test cannot follow another; write 'and' between them");
        var argument = ParsePostfix(ParsePrimary());
        return new Test(place, target, name, new Arguments([new Argument(null, argument, 0)]), negated);
    }
}
