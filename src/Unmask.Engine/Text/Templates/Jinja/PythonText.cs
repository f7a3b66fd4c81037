using System.Globalization;
using System.Text;

namespace Unmask.Engine.Text.Templates.Jinja;

/// <summary>Python's way with texts: <c>str()</c>, <c>repr()</c>, white space, code points.</summary>
internal static class PythonText
{
    /// <summary>What Python's <c>str.isspace</c> calls a space: .NET's notion and four separators.</summary>
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\x1c' and <= '\x1f';

    public static string Str(TemplateValue value, RenderBudget budget)
    {
        if (value.IsText) return value.AsText;
        if (value.IsUndefined) return "";
        var text = new StringBuilder();
        AppendRepr(text, value, budget);
        return text.ToString();
    }

    public static string Repr(TemplateValue value, RenderBudget budget)
    {
        var text = new StringBuilder();
        AppendRepr(text, value, budget);
        return text.ToString();
    }

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
    public static int Length(string text)
    {
        var length = text.Length;
        for (var i = 1; i < text.Length; i++)
        {
            if (char.IsSurrogatePair(text[i - 1], text[i])) length--;
        }

        return length;
    }

    /// <summary>The text as one-character texts, a surrogate pair being one.</summary>
    public static List<string> CodePoints(string text)
    {
        var points = new List<string>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var width = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]) ? 2 : 1;
            points.Add(text.Substring(i, width));
            i += width - 1;
        }

        return points;
    }

    public static string Strip(string text, string? characters, bool start, bool end)
    {
        bool Drop(char c) => characters is null ? IsSpace(c) : characters.Contains(c);
        var from = 0;
        var to = text.Length;
        while (start && from < to && Drop(text[from])) from++;
        while (end && to > from && Drop(text[to - 1])) to--;
        return text[from..to];
    }

    /// <summary>Python's line boundaries.</summary>
    public static List<string> SplitLines(string text, bool keepEnds)
    {
        var lines = new List<string>();
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is not ('\n' or '\r' or '\v' or '\f' or '\x1c' or '\x1d' or '\x1e' or '\x85' or '\u2028' or '\u2029')) continue;
            var next = text[i] == '\r' && i + 1 < text.Length && text[i + 1] == '\n' ? i + 2 : i + 1;
            lines.Add(text[start..(keepEnds ? next : i)]);
            start = next;
            i = next - 1;
        }

        if (start < text.Length) lines.Add(text[start..]);
        return lines;
    }

    private static void AppendRepr(StringBuilder text, TemplateValue value, RenderBudget budget)
    {
        budget.Step();
        var before = text.Length;
        switch (value.Kind)
        {
            case TemplateKind.Undefined:
                text.Append("Undefined");
                break;
            case TemplateKind.None:
                text.Append("None");
                break;
            case TemplateKind.Boolean:
                text.Append(value.IsTrue ? "True" : "False");
                break;
            case TemplateKind.Integer:
                text.Append(value.AsWhole.ToString(CultureInfo.InvariantCulture));
                break;
            case TemplateKind.Float:
                text.Append(Float(value.AsReal));
                break;
            case TemplateKind.Text:
                budget.Text(value.AsText.Length);
                AppendQuoted(text, value.AsText);
                return;
            case TemplateKind.List:
                AppendItems(text, '[', value.AsItems, "]", budget);
                return;
            case TemplateKind.Tuple:
                AppendItems(text, '(', value.AsItems, value.AsItems.Count == 1 ? ",)" : ")", budget);
                return;
            case TemplateKind.Mapping:
                text.Append('{');
                var first = true;
                foreach (var (key, item) in value.AsMapping)
                {
                    if (!first) text.Append(", ");
                    first = false;
                    AppendRepr(text, key, budget);
                    text.Append(": ");
                    AppendRepr(text, item, budget);
                }

                text.Append('}');
                return;
            default:
                text.Append('<').Append(value.KindName).Append('>');
                break;
        }

        budget.Text(text.Length - before);
    }

    private static void AppendItems(StringBuilder text, char open, IReadOnlyList<TemplateValue> items, string close, RenderBudget budget)
    {
        text.Append(open);
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0) text.Append(", ");
            AppendRepr(text, items[i], budget);
        }

        text.Append(close);
    }

    private static void AppendQuoted(StringBuilder text, string content)
    {
        var quote = content.Contains('\'') && !content.Contains('"') ? '"' : '\'';
        text.Append(quote);
        for (var i = 0; i < content.Length; i++)
        {
            var c = content[i];
            switch (c)
            {
                case '\\':
                    text.Append(@"\\");
                    break;
                case '\n':
                    text.Append(@"\n");
                    break;
                case '\r':
                    text.Append(@"\r");
                    break;
                case '\t':
                    text.Append(@"\t");
                    break;
                case var _ when c == quote:
                    text.Append('\\').Append(c);
                    break;
                case ' ':
                    text.Append(c);
                    break;
                default:
                    var code = char.IsSurrogatePair(content, i) ? char.ConvertToUtf32(content, i) : c;
                    if (IsPrintable(content, i)) text.Append(char.ConvertFromUtf32(code));
                    else text.Append(code < 0x100 ? $"\\x{code:x2}" : code < 0x10000 ? $"\\u{code:x4}" : $"\\U{code:x8}");
                    if (code > 0xffff) i++;
                    break;
            }
        }

        text.Append(quote);
    }

    private static bool IsPrintable(string content, int index) => CharUnicodeInfo.GetUnicodeCategory(content, index) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
}
