using System.Text;
using Unmask.Text.Unicode;

namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>What stands between the quotes of a text in a template.</summary>
internal static class StringLiteral
{
    /// <summary>Python's escapes; an unknown one is kept with its backslash.</summary>
    public static string Unescape(string source, int from, int to, Func<int, string, UserError> fault)
    {
        var text = new StringBuilder(to - from);
        for (var i = from; i < to; i++)
        {
            if (source[i] != '\\')
            {
                text.Append(source[i]);
                continue;
            }

            var c = source[++i];
            switch (c)
            {
                case '\n':
                    break;
                case '\\' or '\'' or '"':
                    text.Append(c);
                    break;
                case 'n' or 't' or 'r' or 'a' or 'b' or 'f' or 'v':
                    text.Append("\n\t\r\a\b\f\v"["ntrabfv".IndexOf(c)]);
                    break;
                case 'x' or 'u' or 'U':
                    var digits = c == 'x' ? 2 : c == 'u' ? 4 : 8;
                    if (i + digits >= to || !TryReadCode(source.AsSpan(i + 1, digits), 16, out var code)) throw fault(i - 1, $"'\\{c}' must be followed by {digits} hexadecimal digits of a character");
                    AppendCode(text, code);
                    i += digits;
                    break;
                case >= '0' and <= '7':
                    var count = 1;
                    while (count < 3 && i + count < to && source[i + count] is >= '0' and <= '7') count++;
                    TryReadCode(source.AsSpan(i, count), 8, out var octal);
                    AppendCode(text, octal);
                    i += count - 1;
                    break;
                case 'N' when i + 1 < to && source[i + 1] == '{':
                    throw fault(i - 1, "characters cannot be written by name here; write the character itself or its number as '\\u'");
                case > '\x7f':
                    // Python reads what is beyond ASCII as an escape of its own, whose backslash this one escapes.
                    var beyond = CodePoints.At(source, i, out var units);
                    text.Append(beyond < 0x100 ? $"\\x{beyond:x2}" : beyond < 0x10000 ? $"\\u{beyond:x4}" : $"\\U{beyond:x8}");
                    i += units - 1;
                    break;
                default:
                    text.Append('\\').Append(c);
                    break;
            }
        }

        return text.ToString();
    }

    private static bool TryReadCode(ReadOnlySpan<char> digits, int radix, out int code)
    {
        long value = 0;
        foreach (var digit in digits)
        {
            var worth = char.IsAsciiHexDigit(digit) ? Convert.ToInt32(digit.ToString(), 16) : radix;
            if (worth >= radix)
            {
                code = 0;
                return false;
            }

            value = (value * radix) + worth;
        }

        code = (int)Math.Min(value, int.MaxValue);
        return value <= 0x10ffff;
    }

    private static void AppendCode(StringBuilder text, int code)
    {
        if (code < 0x10000) text.Append((char)code);
        else text.Append(char.ConvertFromUtf32(code));
    }
}
