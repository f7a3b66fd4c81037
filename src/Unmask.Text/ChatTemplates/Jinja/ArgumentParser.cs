namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>The arguments of a call: by place, by name, then <c>*list</c> and <c>**mapping</c>.</summary>
internal static class ArgumentParser
{
    private const int MostArguments = 1000;

    public static Arguments Parse(TokenStream tokens, Func<Expression> parse)
    {
        tokens.Expect("(");
        var all = new List<Argument>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var (list, mapping) = (false, false);
        while (!tokens.Current.Is(")"))
        {
            if (all.Count > 0)
            {
                tokens.Expect(",");
                if (tokens.Current.Is(")")) break;
            }

            var place = tokens.Current.Place;
            if (all.Count == MostArguments) throw tokens.Fault(place, $"a call may have {MostArguments:N0} arguments at most");
            if (tokens.TakeIf("**"))
            {
                if (mapping) throw tokens.Fault(place, "a call can have one '**' only");
                mapping = true;
                all.Add(new Argument(null, parse(), 2));
            }
            else if (tokens.TakeIf("*"))
            {
                if (list || mapping) throw tokens.Fault(place, "'*' in a call stands once, and before '**'");
                list = true;
                all.Add(new Argument(null, parse(), 1));
            }
            else if (tokens.Current.Kind == TokenKind.Name && tokens.Peek.Is("="))
            {
                if (mapping) throw tokens.Fault(place, "'**' is the last argument of a call");
                var name = tokens.Take().Text;
                if (!names.Add(name)) throw tokens.Fault(place, $"the argument '{name}' is given twice");
                tokens.Take();
                all.Add(new Argument(name, parse(), 0));
            }
            else if (list || mapping || names.Count > 0) throw tokens.Unexpected("a named argument");
            else all.Add(new Argument(null, parse(), 0));
        }

        tokens.Expect(")");
        return new Arguments(all);
    }
}
