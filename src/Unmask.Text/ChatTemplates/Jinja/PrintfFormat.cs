using System.Numerics;
using System.Text;

namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>Python's <c>"%s of %d" % values</c>: every conversion, flag, width, precision, <c>*</c> and <c>%(name)s</c>.</summary>
internal sealed class PrintfFormat
{
    private readonly string _format;
    private readonly IReadOnlyList<TemplateValue> _values;
    private readonly TemplateValue _all;
    private readonly bool _asMarkup;
    private readonly RenderBudget _budget;
    private int _next;
    private int _at;

    private PrintfFormat(TemplateValue format, TemplateValue values, RenderBudget budget)
    {
        (_format, _all, _asMarkup, _budget) = (format.AsText, values, format.IsMarkup, budget);
        _values = values.Kind == TemplateKind.Tuple ? values.AsItems : [values];
    }

    [Flags]
    private enum Flags
    {
        None = 0,
        Left = 1,
        Sign = 2,
        Blank = 4,
        Alternate = 8,
        Zeros = 16,
    }

    public static TemplateValue Apply(TemplateValue format, TemplateValue values, RenderBudget budget) => PythonText.Like(format, new PrintfFormat(format, values, budget).Run());

    private string Run()
    {
        _budget.Scan(_format.Length * 4L);
        var result = new StringBuilder();
        var named = false;
        while (_at < _format.Length)
        {
            var percent = _format.IndexOf('%', _at);
            if (percent < 0) percent = _format.Length;
            _budget.Text(percent - _at);
            result.Append(_format, _at, percent - _at);
            if (percent == _format.Length) break;
            _at = percent + 1;
            var text = Conversion(ref named);
            _budget.Text(text.Length);
            result.Append(text);
        }

        var isMapping = _all.Kind is TemplateKind.Mapping or TemplateKind.List or TemplateKind.Range or TemplateKind.Undefined;
        if (!named && _next < _values.Count && !isMapping) throw new TemplateFault($"the format '{Shown}' has no place for {_values.Count - _next} of its values");
        return result.ToString();
    }

    private string Shown => _format.Length > 60 ? _format[..60] + "..." : _format;

    private char Current => _at < _format.Length ? _format[_at] : throw new TemplateFault($"the format '{Shown}' ends inside a conversion");

    private string Conversion(ref bool named)
    {
        _budget.Step();
        TemplateValue? value = null;
        if (Current == '(')
        {
            value = Named();
            named = true;
        }

        var flags = Flags.None;
        for (; Flag(Current) is not Flags.None and var flag; _at++) flags |= flag;
        var width = Size();
        if (width < 0)
        {
            flags |= Flags.Left;
            width = -width;
        }

        var precision = -1L;
        if (Current == '.')
        {
            _at++;
            precision = Math.Max(0, Size() ?? 0);
        }

        while (Current is 'l' or 'L' or 'h') _at++;
        var type = Current;
        _at++;
        if (type == '%') return flags == Flags.None && width is null && precision < 0 ? "%" : throw new TemplateFault("'%%' in a format takes no width, precision or flag");
        value ??= Next();
        return Write(value, type, flags, width ?? 0, precision);
    }

    private static Flags Flag(char c) => c switch
    {
        '-' => Flags.Left,
        '+' => Flags.Sign,
        ' ' => Flags.Blank,
        '#' => Flags.Alternate,
        '0' => Flags.Zeros,
        _ => Flags.None,
    };

    private TemplateValue Named()
    {
        if (_all.Kind != TemplateKind.Mapping) throw new TemplateFault("a format with names needs a mapping");
        var depth = 0;
        var start = _at + 1;
        do
        {
            if (Current == '(') depth++;
            if (Current == ')') depth--;
            _at++;
        }
        while (depth > 0);
        var name = _format[start..(_at - 1)];
        return _all.AsMapping.TryGetValue(name, out var value) ? value : throw new TemplateFault($"the mapping of a format has no '{name}'");
    }

    private TemplateValue Next() => _next < _values.Count ? _values[_next++] : throw new TemplateFault($"the format '{Shown}' needs more than {_values.Count} values");

    private long? Size()
    {
        if (Current == '*')
        {
            _at++;
            var size = Next();
            return size.IsWhole ? size.AsWhole : throw new TemplateFault("'*' in a format needs a whole number");
        }

        var start = _at;
        while (char.IsAsciiDigit(Current)) _at++;
        return _at == start ? null : _at - start < 10 ? long.Parse(_format.AsSpan(start, _at - start), CultureInfo.InvariantCulture) : long.MaxValue / 4;
    }

    private string Write(TemplateValue value, char type, Flags flags, long width, long precision)
    {
        var left = flags.HasFlag(Flags.Left);
        var zeros = flags.HasFlag(Flags.Zeros) && !left;
        var sign = flags.HasFlag(Flags.Sign) ? '+' : flags.HasFlag(Flags.Blank) ? ' ' : '\0';
        var spec = new FormatSpec(" ", left ? '<' : '>', sign, flags.HasFlag(Flags.Alternate), width, precision, type, '\0');
        switch (type)
        {
            case 's' or 'r' or 'a':
                var text = type == 's' ? PythonText.Str(value, _budget) : PythonRepr.Write(value, _budget, type == 'a');
                if (_asMarkup && !(type == 's' && value.IsMarkup)) text = Html.Escape(text, _budget);
                if (precision >= 0 && precision < PythonText.Length(text)) text = text[..PythonText.UnitOf(text, (int)precision)];
                return spec.Pad("", text, spec.Align, _budget);
            case 'c':
                var character = value.IsWhole ? FormatSpec.Character(value.AsBig) : value.IsText && PythonText.Length(value.AsText) == 1 ? value.AsText : throw Wrong(value, type, "one character or its number");
                return spec.Pad("", character, spec.Align, _budget);
            case 'd' or 'i' or 'u' or 'o' or 'x' or 'X':
                if (zeros) spec = spec with { Fill = "0", Align = '=' };
                return Whole(value, type, spec, precision);
            case 'e' or 'E' or 'f' or 'F' or 'g' or 'G':
                if (!value.IsNumber) throw Wrong(value, type, "a number");
                if (zeros) spec = spec with { Fill = "0", Align = '=' };
                return (spec with { Precision = precision < 0 ? 6 : precision }).FormatReal(value.AsReal, _budget);
            default:
                throw new TemplateFault($"'%{type}' is no conversion of a format");
        }
    }

    private string Whole(TemplateValue value, char type, FormatSpec spec, long precision)
    {
        if (value.Kind == TemplateKind.Float && type is 'd' or 'i' or 'u') value = NumberReading.Truncate(value.AsReal);
        if (!value.IsWhole) throw Wrong(value, type, "a whole number");
        var digits = FormatSpec.Digits(BigInteger.Abs(value.AsBig), type is 'i' or 'u' ? 'd' : type);
        if (precision > digits.Length)
        {
            _budget.Text(precision);
            digits = digits.PadLeft((int)precision, '0');
        }

        var sign = value.AsBig.Sign < 0 ? "-" : spec.Sign == '\0' ? "" : spec.Sign.ToString();
        var prefix = spec.Alternate && type is 'o' or 'x' or 'X' ? "0" + type : "";
        return spec.Align == '<' || spec.Align == '=' ? spec.Pad(sign + prefix, digits, spec.Align, _budget) : spec.Pad("", sign + prefix + digits, '>', _budget);
    }

    private static TemplateFault Wrong(TemplateValue value, char type, string wanted) =>
        new(value.IsUndefined ? value.Reason : $"'%{type}' needs {wanted}, not {value.KindName}");
}
