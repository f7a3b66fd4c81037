using System.Numerics;

namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>The attributes and methods of numbers that templates can reach.</summary>
internal static class NumberMethods
{
    private static readonly Signature _none = new("");

    public static TemplateValue? Find(TemplateValue number, string name) => number.IsWhole ? OfWhole(number, name) : OfReal(number.AsReal, name);

    private static TemplateValue? OfWhole(TemplateValue number, string name)
    {
        var plain = TemplateValue.Big(number.AsBig);
        return name switch
        {
            "real" or "numerator" => plain,
            "imag" => 0,
            "denominator" => 1,
            "bit_length" => Method(name, BitLength(number.AsBig)),
            "bit_count" => Method(name, (long)BigInteger.PopCount(BigInteger.Abs(number.AsBig))),
            "conjugate" => Method(name, plain),
            "is_integer" => Method(name, true),
            "as_integer_ratio" => Method(name, TemplateValue.Tuple(plain, 1)),
            _ => null,
        };
    }

    private static TemplateValue? OfReal(double number, string name) => name switch
    {
        "real" => number,
        "imag" => 0.0,
        "conjugate" => Method(name, number),
        "is_integer" => Method(name, double.IsFinite(number) && Math.Floor(number) == number),
        "as_integer_ratio" when double.IsFinite(number) => Method(name, Ratio(number)),
        _ => null,
    };

    private static TemplateValue Method(string name, TemplateValue result) => Members.Method(name, _none, _ => result);

    private static long BitLength(BigInteger value) => value.IsZero ? 0 : (long)BigInteger.Abs(value).GetBitLength();

    private static TemplateValue Ratio(double number)
    {
        var power = 0;
        for (; Math.Floor(number) != number; power++) number *= 2;
        return TemplateValue.Tuple(TemplateValue.Big(new BigInteger(number)), TemplateValue.Big(BigInteger.One << power));
    }
}
