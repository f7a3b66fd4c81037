using System.Globalization;

namespace Unmask.Engine.Text.Templates.Jinja;

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
        var value = ParseOr();
        while (tokens.Current.IsName("if"))
        {
            var place = tokens.Take().Place;
            var condition = ParseOr();
            var otherwise = tokens.TakeIfName("else") ? Parse() : null;
            value = new Conditional(place, condition, value, otherwise);
        }

        return value;
    }

    /// <summary>Expressions with commas between them make a tuple without brackets.</summary>
    public Expression ParseTuple() => ParseTuple(Parse);

    /// <summary>As <see cref="ParseTuple()"/>, leaving a following <c>if</c> to the statement (<c>for x in y if z</c>).</summary>
    public Expression ParseTupleWithoutCondition() => ParseTuple(ParseOr);

    public Arguments ParseArguments()
    {
        tokens.Expect("(");
        var all = new List<Argument>();
        while (!tokens.Current.Is(")"))
        {
            if (all.Count > 0)
            {
                tokens.Expect(",");
                if (tokens.Current.Is(")")) break;
            }

            if (tokens.TakeIf("**")) all.Add(new Argument(null, Parse(), 2));
            else if (tokens.TakeIf("*")) all.Add(new Argument(null, Parse(), 1));
            else if (tokens.Current.Kind == TokenKind.Name && tokens.Peek.Is("="))
            {
                var name = tokens.Take().Text;
                tokens.Take();
                all.Add(new Argument(name, Parse(), 0));
            }
            else if (all.Exists(argument => argument.Name is not null)) throw tokens.Unexpected("a named argument");
            else all.Add(new Argument(null, Parse(), 0));
        }

        tokens.Expect(")");
        return new Arguments(all);
    }

    /// <summary>One filter after the bar: its name and arguments.</summary>
    public Filter ParseFilter(Expression target)
    {
        var name = tokens.Expect(TokenKind.Name, "the name of a filter");
        if (!Filters.Exists(name.Text)) throw tokens.Fault(name.Place, $"there is no filter '{name.Text}'; the filters are {Filters.Names}");
        return new Filter(name.Place, target, name.Text, tokens.Current.Is("(") ? ParseArguments() : Arguments.None);
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

    private Expression ParseConcatenation() => ParseLeft(ParseProduct, "~");

    private Expression ParseProduct() => ParseLeft(ParsePower, "*", "/", "//", "%");

    private Expression ParsePower() => ParseLeft(() => ParseUnary(withFilters: true), "**");

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
                    _ => new Variable(token.Place, token.Text),
                };
            case TokenKind.Text:
                var text = "";
                while (tokens.Current.Kind == TokenKind.Text) text += tokens.Take().Text;
                return new Literal(token.Place, text);
            case TokenKind.Integer:
                tokens.Take();
                return new Literal(token.Place, NumberLiteral.Whole(token.Text) ?? throw tokens.Fault(token.Place, $"the number {token.Text} is larger than 64 bits hold"));
            case TokenKind.Float:
                tokens.Take();
                return new Literal(token.Place, double.Parse(token.Text, CultureInfo.InvariantCulture));
        }

        if (tokens.TakeIf("(")) return ParseRestOfParentheses(token.Place);
        if (tokens.TakeIf("[")) return new ListLiteral(token.Place, ParseItems("]"), IsTuple: false);
        if (tokens.TakeIf("{")) return ParseRestOfMapping(token.Place);
        throw tokens.Unexpected("a value");
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
        var from = tokens.Current.Is(":") ? null : ParseTuple();
        if (tokens.TakeIf("]")) return new Item(place, target, from!);
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
        var name = tokens.Expect(TokenKind.Name, "the name of a test");
        if (!Tests.Exists(name.Text)) throw tokens.Fault(name.Place, $"there is no test '{name.Text}'; the tests are {Tests.Names}");
        if (tokens.Current.Is("(")) return new Test(name.Place, target, name.Text, ParseArguments(), negated);
        if (!BeginsArgument(tokens.Current)) return new Test(name.Place, target, name.Text, Arguments.None, negated);
        var argument = ParsePostfix(ParsePrimary());
        return new Test(name.Place, target, name.Text, new Arguments([new Argument(null, argument, 0)]), negated);
    }

    /// <summary>A test may take one argument without brackets: <c>x is divisibleby 3</c>.</summary>
    private static bool BeginsArgument(Token token) => token.Kind switch
    {
        TokenKind.Name => token.Text is not ("else" or "or" or "and" or "if" or "is" or "in" or "not"),
        TokenKind.Text or TokenKind.Integer or TokenKind.Float => true,
        _ => token.Is("[") || token.Is("{"),
    };
}
