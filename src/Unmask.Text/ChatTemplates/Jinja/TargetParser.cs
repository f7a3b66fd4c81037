namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>What is assigned to, and the parameters of macros.</summary>
internal sealed class TargetParser(TokenStream tokens, ExpressionParser expressions)
{
    private const int MostParameters = 1000;

    /// <summary>How many loops stand around: inside of one <c>loop</c> cannot be assigned to.</summary>
    public int Loops { get; set; }

    /// <param name="withNamespace">Whether an attribute of a namespace is allowed.</param>
    /// <param name="isParameter">Whether the names belong to a part of their own, where even <c>loop</c> is free.</param>
    public Target Parse(bool withNamespace, bool isParameter = false)
    {
        var place = tokens.Current.Place;
        var parts = new List<Target> { ParsePart(withNamespace, isParameter) };
        var isTuple = false;
        while (tokens.TakeIf(","))
        {
            isTuple = true;
            if (tokens.Current.Is(")") || tokens.Current.Kind == TokenKind.BlockEnd || tokens.Current.IsName("in")) break;
            parts.Add(ParsePart(withNamespace, isParameter));
        }

        return isTuple ? new TupleTarget(place, parts) : parts[0];
    }

    public string ParseName(string wanted)
    {
        var token = tokens.Expect(TokenKind.Name, wanted);
        if (token.Text is "true" or "false" or "none" or "True" or "False" or "None") throw tokens.Fault(token.Place, $"'{token.Text}' cannot be assigned to");
        return token.Text;
    }

    public List<(string, Expression?)> ParseParameters()
    {
        var parameters = new List<(string, Expression?)>();
        tokens.Expect("(");
        while (!tokens.Current.Is(")"))
        {
            if (parameters.Count > 0) tokens.Expect(",");
            var place = tokens.Current.Place;
            if (parameters.Count == MostParameters) throw tokens.Fault(place, $"a macro may have {MostParameters:N0} parameters at most");
            var name = ParseName("the name of a parameter");
            if (parameters.Exists(parameter => parameter.Item1 == name)) throw tokens.Fault(place, $"there are two parameters of the name '{name}'");
            tokens.NoteWrite(name);
            var otherwise = tokens.TakeIf("=") ? expressions.Parse() : null;
            if (otherwise is null && parameters.Exists(parameter => parameter.Item2 is not null)) throw tokens.Fault(place, $"the parameter '{name}' has no default, but one before it has");
            parameters.Add((name, otherwise));
        }

        tokens.Expect(")");
        return parameters;
    }

    private Target ParsePart(bool withNamespace, bool isParameter)
    {
        var place = tokens.Current.Place;
        if (tokens.TakeIf("("))
        {
            tokens.GuardDepth();
            var inner = Parse(withNamespace: false, isParameter);
            tokens.Expect(")");
            return inner;
        }

        var name = ParseName("the name of a variable");
        if (withNamespace && tokens.TakeIf(".")) return new AttributeTarget(place, name, tokens.Expect(TokenKind.Name, "the name of an attribute").Text);
        if (name == "loop" && Loops > 0 && !isParameter) throw tokens.Fault(place, "'loop' cannot be assigned to inside a loop");
        tokens.NoteWrite(name);
        return new NameTarget(place, name);
    }
}
