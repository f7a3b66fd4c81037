namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>Python's <c>split</c>, <c>rsplit</c>, <c>partition</c> and <c>rpartition</c>, in one pass over the text.</summary>
internal static class TextSplitting
{
    public static TemplateValue Split(string text, CallArguments call, bool fromEnd)
    {
        var separator = call.FindText(0, "sep");
        var most = call.FindWhole(1, "maxsplit", -1);
        if (separator is { Length: 0 }) throw new TemplateFault($"'{call.Callee}' needs a separator that is not empty");
        call.Budget.Text(text.Length);
        call.Budget.Step(text.Length / 16);
        var limit = most < 0 ? int.MaxValue : (int)Math.Min(most, int.MaxValue);
        var parts = separator is null ? (fromEnd ? AtSpacesFromEnd(text, limit, call.Budget) : AtSpaces(text, limit, call.Budget))
            : fromEnd ? FromEnd(text, separator, limit, call.Budget) : At(text, separator, limit, call.Budget);
        return TextMethods.Texts(parts);
    }

    public static TemplateValue Partition(string text, string separator, bool fromEnd, RenderBudget budget)
    {
        if (separator.Length == 0) throw new TemplateFault("'partition' needs a separator that is not empty");
        budget.Text(text.Length);
        var finder = new TextFinder(separator, budget);
        var at = fromEnd ? finder.Last(text, text.Length) : finder.First(text);
        if (at < 0) return fromEnd ? TemplateValue.Tuple("", "", text) : TemplateValue.Tuple(text, "", "");
        return TemplateValue.Tuple(text[..at], separator, text[(at + separator.Length)..]);
    }

    /// <summary>The words between white space.</summary>
    public static List<string> Words(string text, RenderBudget budget) => AtSpaces(text, int.MaxValue, budget);

    private static List<string> At(string text, string separator, int limit, RenderBudget budget)
    {
        var parts = new List<string>();
        var from = 0;
        var finder = new TextFinder(separator, budget);
        for (var at = finder.First(text); at >= 0 && parts.Count < limit; at = finder.First(text, from))
        {
            budget.Step();
            parts.Add(text[from..at]);
            from = at + separator.Length;
        }

        parts.Add(text[from..]);
        return parts;
    }

    private static List<string> FromEnd(string text, string separator, int limit, RenderBudget budget)
    {
        var parts = new List<string>();
        var end = text.Length;
        var finder = new TextFinder(separator, budget);
        while (parts.Count < limit)
        {
            var at = finder.Last(text, end);
            if (at < 0) break;
            budget.Step();
            parts.Add(text[(at + separator.Length)..end]);
            end = at;
        }

        parts.Add(text[..end]);
        parts.Reverse();
        return parts;
    }

    /// <summary>Runs of white space separate; none at the ends counts. What is left after the last allowed split keeps its white space at the end.</summary>
    private static List<string> AtSpaces(string text, int limit, RenderBudget budget)
    {
        var parts = new List<string>();
        var at = 0;
        while (true)
        {
            while (at < text.Length && PythonText.IsSpace(text[at])) at++;
            if (at == text.Length) return parts;
            budget.Step();
            if (parts.Count == limit)
            {
                parts.Add(text[at..]);
                return parts;
            }

            var start = at;
            while (at < text.Length && !PythonText.IsSpace(text[at])) at++;
            parts.Add(text[start..at]);
        }
    }

    private static List<string> AtSpacesFromEnd(string text, int limit, RenderBudget budget)
    {
        var parts = new List<string>();
        var at = text.Length;
        while (true)
        {
            while (at > 0 && PythonText.IsSpace(text[at - 1])) at--;
            if (at == 0) break;
            budget.Step();
            if (parts.Count == limit)
            {
                parts.Add(text[..at]);
                break;
            }

            var end = at;
            while (at > 0 && !PythonText.IsSpace(text[at - 1])) at--;
            parts.Add(text[at..end]);
        }

        parts.Reverse();
        return parts;
    }
}
