using System.Numerics;

namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>Floats in decimal as Python writes and rounds them: from the exact binary value, ties to even.</summary>
internal static class Rounding
{
    public static double Round(double value, long digits)
    {
        if (!double.IsFinite(value) || value == 0 || digits > 330) return value;
        if (digits < -310) return Math.CopySign(0, value);
        return Math.CopySign(double.Parse(Fixed(Math.Abs(value), (int)digits), CultureInfo.InvariantCulture), value);
    }

    /// <summary>A whole number rounded to tens (-1), hundreds (-2) and so on.</summary>
    public static BigInteger Round(BigInteger value, long digits, RenderBudget budget)
    {
        if (digits >= 0) return value;
        if (digits < -BigNumbers.MostDigits * 8) return 0;
        budget.Step(digits * digits / 4096);
        var unit = BigInteger.Pow(10, (int)-digits);
        var quotient = BigInteger.DivRem(value, unit, out var rest);
        if (rest.Sign < 0)
        {
            quotient -= 1;
            rest += unit;
        }

        var twice = rest << 1;
        return (twice > unit || (twice == unit && !quotient.IsEven) ? quotient + 1 : quotient) * unit;
    }

    /// <summary>The absolute value with a number of decimals; fewer than none round to tens and hundreds.</summary>
    public static string Fixed(double value, int decimals)
    {
        var (digits, point) = Exact(value);
        digits = Cut(digits, point + decimals, ref point);
        if (digits.Length == 0) return decimals > 0 ? "0." + new string('0', decimals) : "0";
        if (point <= 0) (digits, point) = (new string('0', 1 - point) + digits, 1);
        digits = digits.PadRight(point + Math.Max(0, decimals), '0');
        return decimals > 0 ? digits[..point] + "." + digits[point..(point + decimals)] : digits[..point];
    }

    /// <summary>The first digits of the absolute value and the power of ten of the first one.</summary>
    public static (string Digits, int Exponent) Significant(double value, int count)
    {
        if (value == 0) return (new string('0', count), 0);
        var (digits, point) = Exact(value);
        digits = Cut(digits, count, ref point);
        return (digits.PadRight(count, '0'), point - 1);
    }

    /// <summary>All decimal digits of the absolute value, and how many of them stand before the point.</summary>
    private static (string Digits, int Point) Exact(double value)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        var power = (int)((bits >> 52) & 0x7ff);
        var mantissa = bits & 0xfffffffffffff;
        if (power == 0) power = 1;
        else mantissa |= 1L << 52;
        power -= 1075;
        if (mantissa == 0) return ("", 0);
        if (power >= 0)
        {
            var whole = ((BigInteger)mantissa << power).ToString(CultureInfo.InvariantCulture);
            return (whole, whole.Length);
        }

        // m / 2^n is m * 5^n / 10^n.
        var text = (mantissa * BigInteger.Pow(5, -power)).ToString(CultureInfo.InvariantCulture);
        return (text, text.Length + power);
    }

    /// <summary>The first <paramref name="count"/> digits, rounded; a carry may move the point.</summary>
    private static string Cut(string digits, int count, ref int point)
    {
        if (count >= digits.Length) return digits;
        if (count < 0) return "";
        var next = digits[count];
        var up = next > '5' || (next == '5' && (digits.AsSpan(count + 1).IndexOfAnyExcept('0') >= 0 || (count > 0 && (digits[count - 1] - '0') % 2 == 1)));
        if (!up) return digits[..count];
        var kept = digits[..count].ToCharArray();
        for (var i = count - 1; i >= 0; i--)
        {
            if (kept[i] != '9')
            {
                kept[i]++;
                return new string(kept);
            }

            kept[i] = '0';
        }

        point++;
        return "1" + new string(kept);
    }
}
