using System.Numerics;

namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>Whole numbers beyond 64 bits, and the exact steps between whole numbers and floats.</summary>
internal static class BigNumbers
{
    /// <summary>Longer numbers are refused: no template needs them, and their powers would take all memory.</summary>
    public const int MostBits = 100_000;

    /// <summary>As in Python, where longer numbers cannot be written out.</summary>
    public const int MostDigits = 4300;

    private static readonly BigInteger _tooLongToWrite = BigInteger.Pow(10, MostDigits);

    public static BigInteger Bounded(BigInteger value) => value.GetBitLength() <= MostBits ? value : throw TooLong();

    public static TemplateFault TooLong() => new($"a whole number grows beyond {MostBits:N0} bits");

    public static string Write(BigInteger value) =>
        BigInteger.Abs(value) < _tooLongToWrite ? value.ToString(CultureInfo.InvariantCulture) : throw new TemplateFault($"a whole number of more than {MostDigits:N0} digits cannot be written");

    /// <summary>The nearest float, ties to even.</summary>
    public static double ToDouble(BigInteger value)
    {
        if (value >= long.MinValue && value <= long.MaxValue) return (long)value;
        var real = value.GetBitLength() > 1024 ? double.PositiveInfinity : Nearest(BigInteger.Abs(value), 1);
        if (double.IsInfinity(real)) throw new TemplateFault("a whole number is too large for a float");
        return value.Sign < 0 ? -real : real;
    }

    /// <summary><c>a / b</c> of two whole numbers, rounded once.</summary>
    public static double Divide(BigInteger a, BigInteger b)
    {
        if (a.IsZero) return b.Sign < 0 ? -0.0 : 0.0;
        var negative = a.Sign < 0 != b.Sign < 0;
        var real = Nearest(BigInteger.Abs(a), BigInteger.Abs(b));
        if (double.IsInfinity(real)) throw new TemplateFault("the quotient of two whole numbers is too large for a float");
        return negative ? -real : real;
    }

    /// <summary>-1, 0 or 1 as the whole number is less than, equal to or more than the float, exactly.</summary>
    public static int Compare(BigInteger whole, double real)
    {
        if (double.IsPositiveInfinity(real)) return -1;
        if (double.IsNegativeInfinity(real)) return 1;
        var floor = Math.Floor(real);
        var order = whole.CompareTo(new BigInteger(floor));
        return order != 0 ? Math.Sign(order) : real > floor ? -1 : 0;
    }

    /// <summary>The nearest float of a positive fraction: 64 bits of the quotient and whether anything is left below them.</summary>
    private static double Nearest(BigInteger a, BigInteger b)
    {
        var shift = (int)(66 - (a.GetBitLength() - b.GetBitLength()));
        // Below the smallest normal number fewer bits count.
        shift = Math.Min(shift, 1074);
        var quotient = shift >= 0 ? BigInteger.DivRem(a << shift, b, out var rest) : BigInteger.DivRem(a, b << -shift, out rest);
        var extra = (int)Math.Max(0, quotient.GetBitLength() - 53);
        if (shift < 1074 || extra > 0)
        {
            var half = extra > 0 ? BigInteger.One << (extra - 1) : BigInteger.Zero;
            var low = extra > 0 ? quotient & ((BigInteger.One << extra) - 1) : BigInteger.Zero;
            quotient >>= extra;
            if (extra > 0 && (low > half || (low == half && (!rest.IsZero || !quotient.IsEven)))) quotient += 1;
        }
        else if ((rest << 1) > b || ((rest << 1) == b && !quotient.IsEven)) quotient += 1;

        return Math.ScaleB((double)(ulong)quotient, extra - shift);
    }
}
