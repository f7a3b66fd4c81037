using System.Text;

namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>Finding, counting and replacing parts of a text; places are counted in code points.</summary>
internal static class TextSearch
{
    /// <summary>The part of the text between the second and the third argument; not <paramref name="valid"/> where it begins behind the end.</summary>
    public static ReadOnlySpan<char> Part(string text, CallArguments call, out bool valid) => Part(text, call, out valid, out _);

    public static TemplateValue Find(string text, CallArguments call)
    {
        var part = Part(text, call, out var valid, out var start);
        var wanted = call.GetText(0, "sub");
        var finder = new TextFinder(wanted, call.Budget);
        var at = !valid ? -1 : call.Callee[0] == 'r' ? finder.Last(part, part.Length) : finder.First(part);
        if (at >= 0) return PythonText.Length(text.AsSpan(0, start + at));
        return call.Callee.EndsWith("find", StringComparison.Ordinal) ? -1 : throw new TemplateFault($"'{call.Callee}' finds no '{wanted}' in the text");
    }

    public static TemplateValue Count(string text, CallArguments call)
    {
        var part = Part(text, call, out var valid);
        var wanted = call.GetText(0, "sub");
        return valid ? Count(part, wanted, call.Budget) : 0;
    }

    public static string Replace(string text, string old, string fresh, long count, RenderBudget budget)
    {
        if (count == 0) return text;
        var found = Count(text, old, budget);
        if (count > 0) found = Math.Min(found, count);
        budget.Step(found);
        budget.Text(text.Length + (found * fresh.Length));
        var result = new StringBuilder();
        if (old.Length == 0)
        {
            for (int at = 0, units; at < text.Length; at += units)
            {
                units = PythonText.Width(text, at);
                result.Append(found-- > 0 ? fresh : "").Append(text, at, units);
            }

            return result.Append(found > 0 ? fresh : "").ToString();
        }

        var from = 0;
        var finder = new TextFinder(old, budget);
        for (; found > 0; found--)
        {
            var at = finder.First(text, from);
            result.Append(text, from, at - from).Append(fresh);
            from = at + old.Length;
        }

        return result.Append(text, from, text.Length - from).ToString();
    }

    private static ReadOnlySpan<char> Part(string text, CallArguments call, out bool valid, out int start)
    {
        valid = true;
        start = 0;
        if (call.Positional.Count < 2) return text;
        var count = PythonText.Length(text);
        var from = call.FindWhole(1, "start", 0, noneAllowed: true);
        var to = call.FindWhole(2, "end", count, noneAllowed: true);
        from = Math.Max(0, from < 0 ? from + count : from);
        to = Math.Clamp(to < 0 ? to + count : to, 0, count);
        valid = from <= to;
        if (!valid) return "";
        var (first, last) = count == text.Length ? ((int)from, (int)to) : (PythonText.UnitOf(text, (int)from), PythonText.UnitOf(text, (int)to));
        start = first;
        return text.AsSpan(first, last - first);
    }

    private static long Count(ReadOnlySpan<char> text, string part, RenderBudget budget)
    {
        budget.Step(text.Length / 16);
        if (part.Length == 0) return PythonText.Length(text) + 1;
        var count = 0L;
        var finder = new TextFinder(part, budget);
        for (var at = finder.First(text); at >= 0; at = finder.First(text, at + part.Length)) count++;
        return count;
    }
}
