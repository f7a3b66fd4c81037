using System.Numerics;
using System.Text;

namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>Texts as numbers, as Python's <c>int()</c> and <c>float()</c> read them.</summary>
internal static class NumberReading
{
    /// <exception cref="TemplateFault">The float is not finite.</exception>
    public static TemplateValue Truncate(double value) =>
        double.IsFinite(value) ? TemplateValue.Big(new BigInteger(Math.Truncate(value))) : throw new TemplateFault($"{PythonText.Float(value)} cannot become a whole number");

    /// <summary>A whole number in a base from 2 to 36, or by its prefix where the base is 0; null when the text is none.</summary>
    public static BigInteger? Whole(string text, long radix)
    {
        if (radix != 0 && radix is < 2 or > 36) return null;
        var digits = Plain(text);
        var negative = digits.StartsWith('-');
        if (digits.Length > 0 && digits[0] is '+' or '-') digits = digits[1..];
        var prefix = digits.Length > 1 && digits[0] == '0' ? char.ToLowerInvariant(digits[1]) switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 0 } : 0;
        if (prefix > 0 && (radix == 0 || radix == prefix))
        {
            radix = prefix;
            digits = digits[2..];
            if (digits.StartsWith('_')) digits = digits[1..];
        }
        else if (radix == 0)
        {
            radix = 10;
            if (digits.Length > 1 && digits[0] == '0' && digits.Trim('0', '_').Length > 0) return null;
        }

        if (digits.Length == 0 || digits[0] == '_' || digits[^1] == '_' || digits.Contains("__", StringComparison.Ordinal)) return null;
        digits = digits.Replace("_", "", StringComparison.Ordinal);
        if (digits.Length > BigNumbers.MostDigits) return null;
        foreach (var digit in digits)
        {
            if (Worth(digit) >= radix) return null;
        }

        var value = radix == 10 ? BigInteger.Parse(digits, CultureInfo.InvariantCulture) : digits.Aggregate(BigInteger.Zero, (sum, digit) => (sum * radix) + Worth(digit));
        return negative ? -value : value;
    }

    public static double? Real(string text)
    {
        var digits = Plain(text);
        var name = digits.TrimStart('+', '-').ToLowerInvariant();
        if (digits.Length - name.Length <= 1 && name is "inf" or "infinity" or "nan")
        {
            return name == "nan" ? double.NaN : digits[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
        }

        if (digits.Length == 0 || !digits.Any(char.IsAsciiDigit) || !digits.All(c => char.IsAsciiDigit(c) || c is '+' or '-' or '.' or 'e' or 'E' or '_')) return null;
        for (var at = digits.IndexOf('_'); at >= 0; at = digits.IndexOf('_', at + 1))
        {
            if (at == 0 || at == digits.Length - 1 || !char.IsAsciiDigit(digits[at - 1]) || !char.IsAsciiDigit(digits[at + 1])) return null;
        }

        return double.TryParse(digits.Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture, out var real) ? real : null;
    }

    /// <summary>Without the white space around it and with the digits of other scripts as ASCII.</summary>
    private static string Plain(string text)
    {
        text = PythonText.Strip(text, start: true, end: true);
        if (Ascii.IsValid(text)) return text;
        var plain = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            var digit = rune.IsAscii ? -1 : CharUnicodeInfo.GetDecimalDigitValue(rune.ToString(), 0);
            if (digit >= 0) plain.Append((char)('0' + digit));
            else plain.Append(rune.ToString());
        }

        return plain.ToString();
    }

    private static int Worth(char digit) => char.IsAsciiDigit(digit) ? digit - '0' : char.IsAsciiLetter(digit) ? char.ToLowerInvariant(digit) - 'a' + 10 : int.MaxValue;
}
