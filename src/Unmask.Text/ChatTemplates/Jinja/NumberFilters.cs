using System.Numerics;

namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>The filters that work on numbers.</summary>
internal static class NumberFilters
{
    public static IEnumerable<(string Names, string Signature, FilterBody Body)> All { get; } =
    [
        ("int", "default? base?", Int),
        ("float", "default?", Float),
        ("abs", "", Abs),
        ("round", "precision? method?", Round),
        ("filesizeformat", "binary?", FileSize),
    ];

    private static TemplateValue Int(TemplateValue value, CallArguments call)
    {
        var radix = call.Find(1, "base") ?? 10;
        if (value.IsUndefined) throw new TemplateFault(value.Reason);
        if (value.IsWhole) return TemplateValue.Big(value.AsBig);
        if (value.Kind == TemplateKind.Float) return double.IsNaN(value.AsReal) ? call.Find(0, "default") ?? 0 : NumberReading.Truncate(value.AsReal);
        if (value.IsText)
        {
            // In another base than ten each digit goes through the whole number.
            var digits = Math.Min(value.AsText.Length, BigNumbers.MostDigits);
            call.Budget.Step(digits + digits * digits / 64);
            call.Budget.Scan(value.AsText.Length);
            if (radix.IsWhole && NumberReading.Whole(value.AsText, radix.AsWhole) is { } whole) return TemplateValue.Big(whole);
            if (NumberReading.Real(value.AsText) is { } real && double.IsFinite(real)) return NumberReading.Truncate(real);
        }

        return call.Find(0, "default") ?? 0;
    }

    private static TemplateValue Float(TemplateValue value, CallArguments call)
    {
        if (value.IsUndefined) throw new TemplateFault(value.Reason);
        if (value.IsNumber) return value.AsReal;
        if (!value.IsText) return call.Find(0, "default") ?? 0.0;
        call.Budget.Scan(value.AsText.Length);
        return NumberReading.Real(value.AsText) is { } real ? real : call.Find(0, "default") ?? 0.0;
    }

    private static TemplateValue Abs(TemplateValue value, CallArguments call)
    {
        if (!value.IsNumber) throw new TemplateFault(value.IsUndefined ? value.Reason : $"'abs' needs a number, not {value.KindName}");
        return value.IsWhole ? TemplateValue.Big(BigInteger.Abs(value.AsBig)) : Math.Abs(value.AsReal);
    }

    private static TemplateValue Round(TemplateValue value, CallArguments call)
    {
        call.Budget.Step(16);
        var precision = call.Find(0, "precision") ?? 0;
        var method = call.Find(1, "method") ?? "common";
        if (!method.IsText || method.AsText is not ("common" or "ceil" or "floor")) throw new TemplateFault($"'round' knows the methods common, ceil and floor, not '{PythonText.Str(method, call.Budget)}'");
        if (!value.IsNumber) throw new TemplateFault(value.IsUndefined ? value.Reason : $"'round' needs a number, not {value.KindName}");
        if (method.AsText == "common")
        {
            if (precision.Kind == TemplateKind.None) return value.IsWhole ? TemplateValue.Big(value.AsBig) : NumberReading.Truncate(Rounding.Round(value.AsReal, 0));
            if (!precision.IsWhole) throw call.Wrong("precision", "a whole number", precision);
            if (value.IsWhole) return TemplateValue.Big(Rounding.Round(value.AsBig, precision.AsWhole, call.Budget));
            var rounded = Rounding.Round(value.AsReal, precision.AsWhole);
            return double.IsInfinity(rounded) && double.IsFinite(value.AsReal) ? throw new TemplateFault("the rounded number is too large for a float") : rounded;
        }

        var scale = Arithmetic.Apply("**", 10, precision, call.Budget);
        var scaled = Arithmetic.Apply("*", value, scale, call.Budget);
        var whole = scaled.IsWhole ? scaled.AsBig
            : double.IsFinite(scaled.AsReal) ? new BigInteger(method.AsText == "ceil" ? Math.Ceiling(scaled.AsReal) : Math.Floor(scaled.AsReal)) : throw new TemplateFault($"'round' cannot make {PythonText.Float(scaled.AsReal)} a whole number");
        return Arithmetic.Apply("/", TemplateValue.Big(whole), scale, call.Budget);
    }

    private static TemplateValue FileSize(TemplateValue value, CallArguments call)
    {
        var binary = call.FindFlag(0, "binary");
        call.Budget.Scan(value.IsText ? value.AsText.Length : 0);
        var bytes = value.IsNumber ? value.AsReal
            : value.IsText && NumberReading.Real(value.AsText) is { } read ? read : throw new TemplateFault(value.IsUndefined ? value.Reason : $"'filesizeformat' needs a number, not {value.KindName}");
        double unit = binary ? 1024 : 1000;
        if (bytes == 1) return "1 Byte";
        if (bytes < unit) return (double.IsFinite(bytes) ? BigNumbers.Write(new BigInteger(bytes)) : throw new TemplateFault("the size is not finite")) + " Bytes";
        string[] prefixes = binary ? ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"] : ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
        var (limit, at) = (unit * unit, 0);
        for (; at < prefixes.Length - 1 && !(bytes < limit); at++) limit *= unit;
        var shown = unit * bytes / limit;
        return $"{(double.IsFinite(shown) ? Rounding.Fixed(shown, 1) : PythonText.Float(shown))} {prefixes[at]}";
    }
}
