using System.Globalization;
using System.Text;

namespace Unmask.Engine.Text.Templates.Jinja;

/// <summary>Python's <c>"%s of %d" % values</c>: the conversions s, r, d, i, x, f, e, g and %% with flags, width and precision.</summary>
internal static class PrintfFormat
{
    public static string Apply(string format, TemplateValue values, RenderBudget budget)
    {
        IReadOnlyList<TemplateValue> all = values.Kind == TemplateKind.Tuple ? values.AsItems : [values];
        var result = new StringBuilder();
        var next = 0;
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                result.Append(format[i]);
                continue;
            }

            var start = ++i;
            while (i < format.Length && "-+ 0123456789.#".Contains(format[i])) i++;
            if (i >= format.Length) throw new TemplateFault($"the format '{format}' ends inside a conversion");
            if (format[i] == '%')
            {
                result.Append('%');
                continue;
            }

            if (next >= all.Count) throw new TemplateFault($"the format '{format}' needs more than {all.Count} values");
            var spec = FormatSpec.ReadPrintf(format[start..i], format[i]);
            result.Append(spec.Format(all[next++], budget));
        }

        if (next < all.Count && values.Kind != TemplateKind.Mapping) throw new TemplateFault($"the format '{format}' has no place for {all.Count - next} of its values");
        budget.Text(result.Length);
        return result.ToString();
    }
}

/// <summary>How one value is written: alignment, sign, width, precision and type, of both Python formats.</summary>
internal sealed record FormatSpec(char Fill, char Align, char Sign, int Width, int Precision, char Type, bool Grouped)
{
    public static FormatSpec ReadPrintf(string flags, char type)
    {
        if (!"srdixfeg".Contains(type)) throw new TemplateFault($"the conversion '%{type}' is not available");
        var at = 0;
        while (at < flags.Length && "-+ 0#".Contains(flags[at])) at++;
        var (width, precision) = ReadSizes(flags[at..]);
        var left = flags[..at].Contains('-');
        var zeros = flags[..at].Contains('0') && !left && type is not ('s' or 'r');
        return new FormatSpec(zeros ? '0' : ' ', left ? '<' : zeros ? '=' : '>', flags[..at].Contains('+') ? '+' : '-', width, precision, type == 'i' ? 'd' : type, false);
    }

    /// <summary><c>[[fill]align][sign][0][width][,][.precision][type]</c>.</summary>
    public static FormatSpec ReadBrace(string spec)
    {
        var (fill, align, sign, at) = (' ', '\0', '-', 0);
        if (spec.Length > 1 && "<>^=".Contains(spec[1])) (fill, align, at) = (spec[0], spec[1], 2);
        else if (spec.Length > 0 && "<>^=".Contains(spec[0])) (align, at) = (spec[0], 1);
        if (at < spec.Length && spec[at] is '+' or '-' or ' ') sign = spec[at++];
        if (at < spec.Length && spec[at] == '0' && align == '\0') (fill, align) = ('0', '=');
        var type = spec.Length > at && char.IsLetter(spec[^1]) ? spec[^1] : '\0';
        if (type != '\0' && !"sdfegx".Contains(type)) throw new TemplateFault($"the format '{spec}' is not available");
        var sizes = type == '\0' ? spec[at..] : spec[at..^1];
        var (width, precision) = ReadSizes(sizes.Replace(",", "", StringComparison.Ordinal));
        return new FormatSpec(fill, align, sign, width, precision, type, sizes.Contains(','));
    }

    public string Format(TemplateValue value, RenderBudget budget)
    {
        if (Precision > 1000 || Width > 100_000) throw new TemplateFault("a format may be 100000 wide and have 1000 decimals at most");
        var text = Body(value, budget);
        var align = Align != '\0' ? Align : value.IsNumber && Type != 's' ? '>' : '<';
        if (align != '=') return TextMethods.Pad(text, Width, Fill, align, budget);
        var sign = text.Length > 0 && text[0] is '-' or '+' ? text[..1] : "";
        return sign + TextMethods.Pad(text[sign.Length..], Width - sign.Length, Fill, '>', budget);
    }

    private string Body(TemplateValue value, RenderBudget budget)
    {
        if (Type == 'r') return PythonText.Repr(value, budget);
        if (Type is 's' || (Type == '\0' && (!value.IsNumber || (Precision < 0 && !Grouped))))
        {
            var text = PythonText.Str(value, budget);
            if (Precision >= 0 && Precision < text.Length) text = text[..Precision];
            return Sign == '+' && value.IsNumber && value.AsReal >= 0 && Type == '\0' ? "+" + text : text;
        }

        if (value.IsUndefined) throw new TemplateFault(value.Reason);
        if (!value.IsNumber || (Type == 'x' && !value.IsWhole)) throw new TemplateFault($"the format '{Type}' needs a number, not {value.KindName}");
        if (!double.IsFinite(value.AsReal)) return PythonText.Float(value.AsReal);
        var body = Type switch
        {
            'd' or '\0' when value.IsWhole || Type == 'd' => Math.Truncate(value.AsReal) is var whole && value.IsWhole ? value.AsWhole.ToString(Grouped ? "N0" : "D", CultureInfo.InvariantCulture) : whole.ToString("F0", CultureInfo.InvariantCulture),
            'x' => (value.AsWhole < 0 ? "-" : "") + ((UInt128)Int128.Abs(value.AsWhole)).ToString("x", CultureInfo.InvariantCulture),
            'f' => Rounding.Fixed(value.AsReal, Precision < 0 ? 6 : Precision, Grouped),
            'e' => value.AsReal.ToString((Precision < 0 ? "0.000000" : Precision == 0 ? "0" : "0." + new string('0', Precision)) + "e+00", CultureInfo.InvariantCulture),
            _ => value.AsReal.ToString("G" + (Precision < 0 ? 6 : Math.Max(1, Precision)), CultureInfo.InvariantCulture),
        };
        return Sign != '-' && body[0] != '-' ? Sign + body : body;
    }

    private static (int Width, int Precision) ReadSizes(string sizes)
    {
        var point = sizes.IndexOf('.');
        var (width, precision) = point < 0 ? (sizes, "") : (sizes[..point], sizes[(point + 1)..]);
        return (Read(width, 0), point < 0 ? -1 : Read(precision, 0));

        int Read(string digits, int otherwise)
        {
            if (digits.Length == 0) return otherwise;
            return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : throw new TemplateFault($"'{sizes}' is no width and precision");
        }
    }
}
