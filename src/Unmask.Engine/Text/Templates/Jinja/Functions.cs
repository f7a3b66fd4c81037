using System.Globalization;
using System.Text;
using Unmask.Core;

namespace Unmask.Engine.Text.Templates.Jinja;

/// <summary>The functions every template sees, those of transformers included.</summary>
internal static class Functions
{
    public static IReadOnlyDictionary<string, TemplateValue> All { get; } = new Dictionary<string, TemplateValue>(StringComparer.Ordinal)
    {
        ["range"] = TemplateValue.Callable("range", Range),
        ["namespace"] = TemplateValue.Callable("namespace", call => TemplateValue.Namespace(Entries(call))),
        ["dict"] = TemplateValue.Callable("dict", call => TemplateValue.Mapping(Entries(call))),
        ["joiner"] = TemplateValue.Callable("joiner", Joiner),
        ["raise_exception"] = TemplateValue.Callable("raise_exception", call =>
            throw new UserError($"The chat template refuses this conversation: {PythonText.Str(call.Get(0, "message"), call.Budget)}")),
        ["strftime_now"] = TemplateValue.Callable("strftime_now", call => FormatTime(DateTime.Now, call.GetText(0, "format"))),
    };

    private static TemplateValue Range(CallArguments call)
    {
        var start = call.Positional.Count > 1 ? call.GetWhole(0, "start") : 0;
        var stop = call.GetWhole(call.Positional.Count > 1 ? 1 : 0, "stop");
        var step = call.FindWhole(2, "step", 1);
        if (step == 0) throw new TemplateFault("the step of 'range' cannot be 0");
        var span = step > 0 ? (decimal)stop - start : (decimal)start - stop;
        var count = span <= 0 ? 0 : Math.Ceiling(span / Math.Abs((decimal)step));
        if (count > RenderBudget.LongestRange) throw new TemplateFault($"'range' would make {count} numbers; {RenderBudget.LongestRange} are allowed");
        call.Budget.Step((long)count);
        var numbers = new List<TemplateValue>((int)count);
        for (var i = 0; i < (int)count; i++) numbers.Add(start + (i * step));
        return TemplateValue.List(numbers);
    }

    private static OrderedDictionary<TemplateValue, TemplateValue> Entries(CallArguments call)
    {
        var entries = new OrderedDictionary<TemplateValue, TemplateValue>();
        if (call.Positional is [var first, ..])
        {
            if (first.Kind == TemplateKind.Mapping)
            {
                foreach (var (key, value) in first.AsMapping) entries[key] = value;
            }
            else
            {
                foreach (var pair in Operators.Iterate(first, call.Budget))
                {
                    if (!pair.IsSequence || pair.AsItems.Count != 2) throw new TemplateFault($"'{call.Callee}' needs pairs of key and value");
                    entries[Operators.Key(pair.AsItems[0])] = pair.AsItems[1];
                }
            }
        }

        foreach (var (name, value) in call.Named) entries[name] = value;
        return entries;
    }

    /// <summary>A function that gives nothing the first time and the separator from then on.</summary>
    private static TemplateValue Joiner(CallArguments call)
    {
        var separator = call.FindText(0, "sep") ?? ", ";
        var used = false;
        return TemplateValue.Callable("joiner", _ =>
        {
            var text = used ? separator : "";
            used = true;
            return text;
        });
    }

    /// <summary>C's <c>strftime</c>, as far as templates use it, in English.</summary>
    internal static string FormatTime(DateTime time, string format)
    {
        var text = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }

            var bare = format[i + 1] == '-' && i + 2 < format.Length;
            var code = format[i += bare ? 2 : 1];
            var part = code switch
            {
                'Y' => "yyyy",
                'y' => "yy",
                'm' => "MM",
                'd' => "dd",
                'B' => "MMMM",
                'b' => "MMM",
                'A' => "dddd",
                'a' => "ddd",
                'H' => "HH",
                'I' => "hh",
                'M' => "mm",
                'S' => "ss",
                'p' => "tt",
                'F' => "yyyy-MM-dd",
                'T' => "HH:mm:ss",
                'e' or 'j' or '%' => null,
                _ => throw new TemplateFault($"'strftime_now' does not know '%{code}'"),
            };
            var written = code switch
            {
                '%' => "%",
                'e' => time.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
                'j' => time.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
                _ => time.ToString(part, CultureInfo.InvariantCulture),
            };
            text.Append(bare ? written.TrimStart('0') : written);
        }

        return text.ToString();
    }
}
