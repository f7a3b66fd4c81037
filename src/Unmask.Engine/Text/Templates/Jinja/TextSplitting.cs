namespace Unmask.Engine.Text.Templates.Jinja;

/// <summary>Python's <c>split</c>, <c>rsplit</c>, <c>partition</c> and <c>rpartition</c>.</summary>
internal static class TextSplitting
{
    public static TemplateValue Split(string text, CallArguments call, bool fromEnd)
    {
        var separator = call.FindText(0, "sep");
        var most = call.FindWhole(1, "maxsplit", -1);
        if (separator is { Length: 0 }) throw new TemplateFault($"'{call.Callee}' needs a separator that is not empty");
        var limit = most < 0 ? long.MaxValue : most;
        var parts = separator is null ? AtSpaces(text, limit, fromEnd) : At(text, separator, limit, fromEnd);
        call.Budget.Step(parts.Count);
        return TextMethods.Texts(parts);
    }

    public static TemplateValue Partition(string text, string separator, bool fromEnd)
    {
        if (separator.Length == 0) throw new TemplateFault("'partition' needs a separator that is not empty");
        var at = fromEnd ? text.LastIndexOf(separator, StringComparison.Ordinal) : text.IndexOf(separator, StringComparison.Ordinal);
        if (at < 0) return fromEnd ? TemplateValue.Tuple("", "", text) : TemplateValue.Tuple(text, "", "");
        return TemplateValue.Tuple(text[..at], separator, text[(at + separator.Length)..]);
    }

    private static List<string> At(string text, string separator, long limit, bool fromEnd)
    {
        var parts = new List<string>();
        if (!fromEnd)
        {
            var from = 0;
            for (var at = text.IndexOf(separator, StringComparison.Ordinal); at >= 0 && parts.Count < limit; at = text.IndexOf(separator, from, StringComparison.Ordinal))
            {
                parts.Add(text[from..at]);
                from = at + separator.Length;
            }

            parts.Add(text[from..]);
            return parts;
        }

        var rest = text;
        for (var at = rest.LastIndexOf(separator, StringComparison.Ordinal); at >= 0 && parts.Count < limit; at = rest.LastIndexOf(separator, StringComparison.Ordinal))
        {
            parts.Add(rest[(at + separator.Length)..]);
            rest = rest[..at];
        }

        parts.Add(rest);
        parts.Reverse();
        return parts;
    }

    /// <summary>Runs of white space separate; none at the ends counts.</summary>
    private static List<string> AtSpaces(string text, long limit, bool fromEnd)
    {
        var parts = new List<string>();
        var rest = PythonText.Strip(text, null, start: true, end: true);
        while (rest.Length > 0)
        {
            var at = -1;
            for (var i = 0; i < rest.Length && at < 0; i++)
            {
                var index = fromEnd ? rest.Length - 1 - i : i;
                if (PythonText.IsSpace(rest[index])) at = index;
            }

            if (at < 0 || parts.Count >= limit) break;
            parts.Add(fromEnd ? rest[(at + 1)..] : rest[..at]);
            rest = fromEnd ? PythonText.Strip(rest[..at], null, start: false, end: true) : PythonText.Strip(rest[at..], null, start: true, end: false);
        }

        if (rest.Length > 0)
        {
            // What is left after the last allowed split keeps its outer white space on the far side.
            parts.Add(parts.Count < limit ? rest : fromEnd ? text[..(text.LastIndexOf(rest, StringComparison.Ordinal) + rest.Length)] : rest + TrailingSpaces(text));
        }

        if (fromEnd) parts.Reverse();
        return parts;
    }

    private static string TrailingSpaces(string text) => text[PythonText.Strip(text, null, start: false, end: true).Length..];
}
