using System.Numerics;
using System.Text;

namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>How one number or text is written: alignment, sign, width, precision and type, of both of Python's formats.</summary>
internal sealed record FormatSpec(string Fill, char Align, char Sign, bool Alternate, long Width, long Precision, char Type, char Grouping)
{
    /// <summary>Whether a number that is rounded to zero loses its minus.</summary>
    public bool NoMinusZero { get; init; }

    private const int WidestField = 1_000_000;
    private const int MostDecimals = 2000;

    /// <summary><c>[[fill]align][sign][z][#][0][width][grouping][.precision][type]</c>.</summary>
    public static FormatSpec ReadBrace(string spec)
    {
        var (fill, align, sign, alternate, at, grouping) = (" ", '\0', '\0', false, 0, '\0');
        var wide = spec.Length > 0 ? PythonText.Width(spec, 0) : 0;
        if (spec.Length > wide && "<>^=".Contains(spec[wide])) (fill, align, at) = (spec[..wide], spec[wide], wide + 1);
        else if (spec.Length > 0 && "<>^=".Contains(spec[0])) (align, at) = (spec[0], 1);
        if (at < spec.Length && spec[at] is '+' or '-' or ' ') sign = spec[at++];
        var noMinusZero = at < spec.Length && spec[at] == 'z';
        if (noMinusZero) at++;
        if (at < spec.Length && spec[at] == '#') (alternate, at) = (true, at + 1);
        if (at < spec.Length && spec[at] == '0' && align == '\0')
        {
            (fill, align) = ("0", '=');
            at++;
        }

        var width = ReadNumber(spec, ref at) ?? 0;
        if (at < spec.Length && spec[at] is ',' or '_') grouping = spec[at++];
        long? precision = null;
        if (at < spec.Length && spec[at] == '.')
        {
            at++;
            precision = ReadNumber(spec, ref at) ?? throw Invalid(spec);
        }

        var type = at < spec.Length ? spec[at++] : '\0';
        if (at < spec.Length) throw Invalid(spec);
        return new FormatSpec(fill, align, sign, alternate, width, precision ?? -1, type, grouping) { NoMinusZero = noMinusZero };
    }

    public string FormatText(string text, RenderBudget budget)
    {
        if (Type is not ('\0' or 's')) throw new TemplateFault($"the format type '{Type}' is not for texts");
        if (Sign != '\0' || Alternate || Grouping != '\0' || Align == '=' && Fill != "0") throw new TemplateFault("a sign, '#', '=' or a thousands separator in a format is not for texts");
        if (Precision >= 0 && Precision < PythonText.Length(text)) text = text[..PythonText.UnitOf(text, (int)Precision)];
        return Pad("", text, Align is '\0' or '=' ? '<' : Align, budget);
    }

    public string FormatWhole(BigInteger value, RenderBudget budget)
    {
        if (Type is 'e' or 'E' or 'f' or 'F' or 'g' or 'G' or '%') return FormatReal(BigNumbers.ToDouble(value), budget);
        if (Precision >= 0) throw new TemplateFault("a precision is not for whole numbers");
        if (Type == 'c')
        {
            if (Sign != '\0' || Alternate || Grouping != '\0') throw new TemplateFault("a sign, '#' or a thousands separator is not for the format type 'c'");
            return Pad("", Character(value), Align is '\0' ? '<' : Align, budget);
        }

        if (Grouping == ',' && Type is 'b' or 'o' or 'x' or 'X' or 'n') throw new TemplateFault($"',' is not for the format type '{Type}'");
        var digits = Digits(BigInteger.Abs(value), Type);
        var prefix = Alternate && Type is 'b' or 'o' or 'x' or 'X' ? "0" + Type : "";
        var sign = value.Sign < 0 ? "-" : Sign is '+' or ' ' ? Sign.ToString() : "";
        return Number(sign + prefix, digits, "", Type is 'b' or 'o' or 'x' or 'X' ? 4 : 3, budget);
    }

    public string FormatReal(double value, RenderBudget budget)
    {
        CheckSizes();
        budget.Step(16);
        var type = Type switch { 'n' => 'g', 'F' => 'f', _ => Type };
        if (type is not ('\0' or 'e' or 'E' or 'f' or 'g' or 'G' or '%')) throw new TemplateFault($"the format type '{Type}' is not for floats");
        var sign = double.IsNegative(value) && !double.IsNaN(value) ? "-" : Sign is '+' or ' ' ? Sign.ToString() : "";
        if (!double.IsFinite(value))
        {
            var word = double.IsNaN(value) ? "nan" : "inf";
            return Pad(sign, (char.IsUpper(Type) ? word.ToUpperInvariant() : word) + (type == '%' ? "%" : ""), Align == '\0' ? '>' : Align, budget);
        }

        var text = RealText.Write(Math.Abs(value), type, (int)Precision, Alternate);
        if (NoMinusZero && sign == "-" && text.AsSpan().IndexOfAnyInRange('1', '9') < 0) sign = Sign is '+' or ' ' ? Sign.ToString() : "";
        var end = text.IndexOfAny(['.', 'e', 'E', '%']);
        return end < 0 ? Number(sign, text, "", 3, budget) : Number(sign, text[..end], text[end..], 3, budget);
    }

    public static string Character(BigInteger value) => value >= 0 && value <= 0x10ffff
        ? value is var code && code >= 0xd800 && code <= 0xdfff ? ((char)(int)code).ToString() : char.ConvertFromUtf32((int)value)
        : throw new TemplateFault($"{BigNumbers.Write(value)} is the number of no character");

    /// <summary>Digits without a sign.</summary>
    public static string Digits(BigInteger value, char type) => type switch
    {
        'b' => Trimmed(value.ToString("b", CultureInfo.InvariantCulture)),
        'o' => Octal(value),
        'x' => Trimmed(value.ToString("x", CultureInfo.InvariantCulture)),
        'X' => Trimmed(value.ToString("X", CultureInfo.InvariantCulture)),
        '\0' or 'd' or 'n' => BigNumbers.Write(value),
        _ => throw new TemplateFault($"the format type '{type}' is not for whole numbers"),
    };

    public string Pad(string sign, string body, char align, RenderBudget budget)
    {
        CheckSizes();
        var missing = (int)Width - PythonText.Length(body) - sign.Length;
        if (missing <= 0) return sign + body;
        budget.Text(Width);
        var before = align switch { '<' => 0, '^' => missing / 2, _ => missing };
        var (left, right) = (Repeated(before), Repeated(missing - before));
        return align == '=' ? sign + left + body : left + sign + body + right;
    }

    private static TemplateFault Invalid(string spec) => new($"'{spec}' is no valid format");

    private static string Trimmed(string digits) => digits.TrimStart('0') is { Length: > 0 } rest ? rest : "0";

    private static string Octal(BigInteger value)
    {
        var bits = value.ToString("b", CultureInfo.InvariantCulture);
        bits = bits.PadLeft((bits.Length + 2) / 3 * 3, '0');
        var digits = new StringBuilder(bits.Length / 3);
        for (var i = 0; i < bits.Length; i += 3) digits.Append((char)('0' + ((bits[i] - '0') * 4) + ((bits[i + 1] - '0') * 2) + bits[i + 2] - '0'));
        return Trimmed(digits.ToString());
    }

    private static long? ReadNumber(string spec, ref int at)
    {
        var start = at;
        while (at < spec.Length && char.IsAsciiDigit(spec[at])) at++;
        if (at == start) return null;
        return at - start < 10 ? long.Parse(spec.AsSpan(start, at - start), CultureInfo.InvariantCulture) : long.MaxValue / 4;
    }

    private void CheckSizes()
    {
        if (Precision > MostDecimals || Width > WidestField) throw new TemplateFault($"a format may be {WidestField:N0} wide and have {MostDecimals:N0} decimals at most");
    }

    private string Repeated(int count) => count <= 0 ? "" : Fill.Length == 1 ? new string(Fill[0], count) : string.Concat(Enumerable.Repeat(Fill, count));

    /// <summary>Puts separators into the digits; zeros that fill the width are separated, too.</summary>
    private string Number(string sign, string digits, string rest, int group, RenderBudget budget)
    {
        CheckSizes();
        if (Grouping != '\0')
        {
            if (Fill == "0" && Align == '=')
            {
                budget.Text(Width);
                budget.Step(Width / 16);
                var room = Width - sign.Length - rest.Length;
                var count = (long)digits.Length;
                while (count + ((count - 1) / group) < room) count++;
                digits = digits.PadLeft((int)count, '0');
            }

            var grouped = new StringBuilder();
            for (var i = 0; i < digits.Length; i++)
            {
                if (i > 0 && (digits.Length - i) % group == 0) grouped.Append(Grouping);
                grouped.Append(digits[i]);
            }

            digits = grouped.ToString();
        }

        return Pad(sign, digits + rest, Align == '\0' ? '>' : Align, budget);
    }
}

/// <summary>The types <c>e</c>, <c>f</c>, <c>g</c> and <c>%</c> of a float without its sign.</summary>
internal static class RealText
{
    public static string Write(double value, char type, int precision, bool alternate)
    {
        switch (type)
        {
            case '%':
                return Write(value * 100, 'f', precision, alternate) + "%";
            case 'f':
                return double.IsFinite(value) ? Rounding.Fixed(value, precision < 0 ? 6 : precision) + (alternate && precision == 0 ? "." : "") : "inf";
            case 'e' or 'E':
                var (digits, exponent) = Rounding.Significant(value, (precision < 0 ? 6 : precision) + 1);
                return Exponential(digits, exponent, type, alternate);
            case '\0' when precision < 0:
                return PythonText.Float(value);
            default:
                return General(value, type, Math.Max(1, precision < 0 ? 6 : precision), alternate);
        }
    }

    private static string Exponential(string digits, int exponent, char type, bool alternate) =>
        $"{digits[0]}{(digits.Length > 1 || alternate ? "." : "")}{digits[1..]}{(type is 'E' or 'G' ? 'E' : 'e')}{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";

    private static string General(double value, char type, int precision, bool alternate)
    {
        var (digits, exponent) = Rounding.Significant(value, precision);
        // Without a type the form is that of str(), which needs a digit behind the point.
        if (exponent < -4 || exponent >= (type == '\0' ? precision - 1 : precision) && (type != '\0' || exponent >= precision || digits.Length <= exponent + 1))
        {
            return Exponential(alternate ? digits : Shortened(digits), exponent, type, alternate);
        }

        string whole, fraction;
        if (exponent < 0) (whole, fraction) = ("0", new string('0', -exponent - 1) + digits);
        else (whole, fraction) = (digits[..(exponent + 1)], digits[(exponent + 1)..]);
        if (!alternate) fraction = fraction.TrimEnd('0');
        if (fraction.Length == 0 && type == '\0') fraction = "0";
        return fraction.Length > 0 || alternate ? whole + "." + fraction : whole;
    }

    private static string Shortened(string digits) => digits[0] + digits[1..].TrimEnd('0');
}
