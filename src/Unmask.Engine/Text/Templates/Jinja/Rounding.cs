using System.Globalization;

namespace Unmask.Engine.Text.Templates.Jinja;

/// <summary>Python's rounding: to the nearest decimal of the exact binary value, ties to even.</summary>
internal static class Rounding
{
    public static double Round(double value, int digits)
    {
        if (!double.IsFinite(value) || digits > 300) return value;
        if (digits >= 0) return double.Parse(Fixed(value, digits, grouped: false), CultureInfo.InvariantCulture);
        var scale = Math.Pow(10, -digits);
        return Math.Round(value / scale, MidpointRounding.ToEven) * scale;
    }

    public static string Fixed(double value, int digits, bool grouped)
    {
        if (!double.IsFinite(value)) return PythonText.Float(value);
        // .NET rounds the exact value, but ties away from zero: an exact tie has nothing but a 5 behind the last digit.
        var exact = value.ToString("F" + (digits + 40), CultureInfo.InvariantCulture);
        var cut = exact.Length - 40;
        var text = value.ToString("F" + digits, CultureInfo.InvariantCulture);
        var last = digits == 0 ? exact[cut - 2] : exact[cut - 1];
        if (exact[cut] == '5' && exact.AsSpan(cut + 1).TrimEnd('0').IsEmpty && (last - '0') % 2 == 0) text = digits == 0 ? exact[..(cut - 1)] : exact[..cut];
        if (!grouped || Math.Abs(value) > 1e27) return text;
        var point = digits == 0 ? text.Length : text.IndexOf('.');
        return decimal.Parse(text[..point], CultureInfo.InvariantCulture).ToString("N0", CultureInfo.InvariantCulture) + text[point..];
    }
}
