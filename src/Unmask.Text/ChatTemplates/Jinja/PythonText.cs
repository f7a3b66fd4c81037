using Unmask.Text.Unicode;

namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>Python's way with texts: <c>str()</c>, <c>repr()</c>, white space, code points.</summary>
internal static class PythonText
{
    /// <summary>What Python's <c>str.isspace</c> calls a space: .NET's notion and four separators.</summary>
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\x1c' and <= '\x1f';

    public static string Str(TemplateValue value, RenderBudget budget) => value.IsText ? value.AsText : value.IsUndefined ? "" : PythonRepr.Write(value, budget);

    /// <summary>Another text of the same sort: markup where <paramref name="like"/> is.</summary>
    public static TemplateValue Like(TemplateValue like, string text) => like.IsMarkup ? TemplateValue.Markup(text) : text;

    /// <summary>The shortest digits that read back as the same number, with an exponent where Python writes one.</summary>
    public static string Float(double value)
    {
        if (double.IsNaN(value)) return "nan";
        if (double.IsInfinity(value)) return value > 0 ? "inf" : "-inf";
        if (value == 0) return double.IsNegative(value) ? "-0.0" : "0.0";
        var (mantissa, exponent) = Split(Math.Abs(value).ToString("R", CultureInfo.InvariantCulture));
        var digits = mantissa.Replace(".", "", StringComparison.Ordinal).TrimStart('0').TrimEnd('0');
        var sign = value < 0 ? "-" : "";

        if (exponent is < -4 or >= 16)
        {
            var fraction = digits.Length > 1 ? "." + digits[1..] : "";
            return $"{sign}{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        }

        if (exponent < 0) return sign + "0." + new string('0', -exponent - 1) + digits;
        if (digits.Length <= exponent + 1) return sign + digits.PadRight(exponent + 1, '0') + ".0";
        return sign + digits[..(exponent + 1)] + "." + digits[(exponent + 1)..];
    }

    /// <summary>Digits of a positive number as .NET writes them, and the power of ten of the first one that is not zero.</summary>
    private static (string Mantissa, int Exponent) Split(string number)
    {
        var e = number.IndexOf('E');
        if (e >= 0) return (number[..e], int.Parse(number.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
        var point = number.IndexOf('.');
        var whole = point < 0 ? number : number[..point];
        if (whole != "0") return (number, whole.Length - 1);
        var first = number.AsSpan(point + 1).IndexOfAnyExcept('0');
        return (number, -first - 1);
    }

    /// <summary>Length in code points.</summary>
    public static int Length(ReadOnlySpan<char> text)
    {
        var first = text.IndexOfAnyInRange('\ud800', '\udbff');
        var length = text.Length;
        if (first < 0) return length;
        for (var i = first + 1; i < text.Length; i++)
        {
            if (!char.IsSurrogatePair(text[i - 1], text[i])) continue;
            length--;
            i++;
        }

        return length;
    }

    /// <summary>How many UTF-16 units the code point takes that begins here.</summary>
    public static int Width(string text, int at) => char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? 2 : 1;

    /// <summary>Where in UTF-16 units a code point begins.</summary>
    public static int UnitOf(string text, int point)
    {
        var at = 0;
        for (; point > 0 && at < text.Length; point--) at += Width(text, at);
        return at;
    }

    /// <summary>Without white space at its start, its end or both.</summary>
    public static string Strip(string text, bool start, bool end)
    {
        var from = 0;
        var to = text.Length;
        while (start && from < to && IsSpace(text[from])) from++;
        while (end && to > from && IsSpace(text[to - 1])) to--;
        return text[from..to];
    }

    /// <summary>Without the given characters, or white space where none are given.</summary>
    public static string Strip(string text, string? characters, bool start, bool end, RenderBudget budget)
    {
        if (characters is null) return Strip(text, start, end);
        budget.Step((characters.Length + text.Length) / 16);
        var dropped = new HashSet<int>();
        for (int at = 0, units; at < characters.Length; at += units) dropped.Add(CodePoints.At(characters, at, out units));
        var from = 0;
        var to = text.Length;
        while (start && from < to && dropped.Contains(CodePoints.At(text, from, out var units))) from += units;
        while (end && to > from && dropped.Contains(CodePoints.Before(text, to, out var units))) to -= units;
        return text[from..to];
    }

    /// <summary>Python's line boundaries. Each line is paid for.</summary>
    public static List<string> SplitLines(string text, bool keepEnds, RenderBudget budget)
    {
        var lines = new List<string>();
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is not ('\n' or '\r' or '\v' or '\f' or '\x1c' or '\x1d' or '\x1e' or '\x85' or '\u2028' or '\u2029')) continue;
            var next = text[i] == '\r' && i + 1 < text.Length && text[i + 1] == '\n' ? i + 2 : i + 1;
            budget.Step();
            lines.Add(text[start..(keepEnds ? next : i)]);
            start = next;
            i = next - 1;
        }

        budget.Step();
        if (start < text.Length) lines.Add(text[start..]);
        return lines;
    }
}
