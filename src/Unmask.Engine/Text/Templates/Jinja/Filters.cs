using System.Globalization;
using System.Text;

namespace Unmask.Engine.Text.Templates.Jinja;

/// <summary>The filters: <c>value | name(arguments)</c>. Those of lists stand in <see cref="ListFilters"/>.</summary>
internal static class Filters
{
    private static readonly Dictionary<string, Func<TemplateValue, CallArguments, TemplateValue>> _all = new(ListFilters.All, StringComparer.Ordinal)
    {
        ["trim"] = (value, call) => PythonText.Strip(Text(value, call), call.FindText(0, "chars"), start: true, end: true),
        ["upper"] = (value, call) => Text(value, call).ToUpperInvariant(),
        ["lower"] = (value, call) => Text(value, call).ToLowerInvariant(),
        ["capitalize"] = (value, call) => TextMethods.Capitalize(Text(value, call)),
        ["title"] = (value, call) => Title(Text(value, call)),
        ["string"] = (value, call) => Text(value, call),
        ["safe"] = (value, call) => Text(value, call),
        ["escape"] = (value, call) => Escape(Text(value, call), call.Budget),
        ["e"] = (value, call) => Escape(Text(value, call), call.Budget),
        ["replace"] = (value, call) => TextMethods.Replace(Text(value, call), call.GetText(0, "old"), call.GetText(1, "new"), call.FindWhole(2, "count", -1), call.Budget),
        ["indent"] = (value, call) => Indent(Text(value, call), call),
        ["center"] = (value, call) => TextMethods.Pad(Text(value, call), call.FindWhole(0, "width", 80), ' ', '^', call.Budget),
        ["wordcount"] = (value, call) => Text(value, call).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length,
        ["format"] = (value, call) => PrintfFormat.Apply(Text(value, call), TemplateValue.Tuple(call.Positional), call.Budget),
        ["tojson"] = (value, call) => JsonText.Write(value, call),
        ["default"] = Default,
        ["d"] = Default,
        ["length"] = (value, _) => Operators.Length(value),
        ["count"] = (value, _) => Operators.Length(value),
        ["items"] = Items,
        ["attr"] = (value, call) => Members.Find(value, call.GetText(0, "name")) ?? TemplateValue.Undefined($"there is no attribute '{call.GetText(0, "name")}'"),
        ["int"] = Int,
        ["float"] = Float,
        ["abs"] = (value, _) => value.IsNumber && value.AsReal < 0 ? Operators.Sign("-", value) : Operators.Sign("+", value),
        ["round"] = Round,
    };

    public static string Names => string.Join(", ", _all.Keys.Order(StringComparer.Ordinal));

    public static bool Exists(string name) => _all.ContainsKey(name);

    public static TemplateValue Apply(string name, TemplateValue value, CallArguments call)
    {
        if (!_all.TryGetValue(name, out var filter)) throw new TemplateFault($"there is no filter '{name}'");
        return filter(value, call);
    }

    private static string Text(TemplateValue value, CallArguments call)
    {
        var text = PythonText.Str(value, call.Budget);
        call.Budget.Text(text.Length);
        return text;
    }

    /// <summary>Words begin at the text's start and after blanks, hyphens and opening brackets.</summary>
    private static string Title(string text)
    {
        var result = new StringBuilder(text.Length);
        var starts = true;
        foreach (var c in text)
        {
            result.Append(starts ? char.ToUpperInvariant(c) : char.ToLowerInvariant(c));
            starts = c is '-' or '(' or '{' or '[' or '<' || PythonText.IsSpace(c);
        }

        return result.ToString();
    }

    private static string Escape(string text, RenderBudget budget)
    {
        budget.Text(text.Length * 5L);
        return text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal)
            .Replace("'", "&#39;", StringComparison.Ordinal).Replace("\"", "&#34;", StringComparison.Ordinal);
    }

    private static TemplateValue Indent(string text, CallArguments call)
    {
        var width = call.Find(0, "width");
        string margin;
        if (width is { IsText: true }) margin = width.AsText;
        else
        {
            var count = Math.Max(0, call.FindWhole(0, "width", 4));
            call.Budget.Text(count);
            margin = new string(' ', (int)count);
        }

        var (first, blank) = (call.FindFlag(1, "first"), call.FindFlag(2, "blank"));
        var lines = PythonText.SplitLines(text + "\n", keepEnds: false);
        call.Budget.Text((long)margin.Length * lines.Count);
        var result = new StringBuilder();
        for (var i = 0; i < lines.Count; i++)
        {
            if (i > 0) result.Append('\n');
            if (i == 0 ? first : blank || lines[i].Length > 0) result.Append(margin);
            result.Append(lines[i]);
        }

        return result.ToString();
    }

    private static TemplateValue Default(TemplateValue value, CallArguments call)
    {
        var missing = value.IsUndefined || (call.FindFlag(1, "boolean") && !value.IsTrue);
        return missing ? call.Find(0, "default_value") ?? "" : value;
    }

    private static TemplateValue Items(TemplateValue value, CallArguments call)
    {
        if (value.IsUndefined) return TemplateValue.List([]);
        if (value.Kind != TemplateKind.Mapping) throw new TemplateFault($"'items' needs a mapping, not {value.KindName}");
        return Members.Pairs(value.AsMapping, call.Budget);
    }

    private static TemplateValue Int(TemplateValue value, CallArguments call)
    {
        var otherwise = call.Find(0, "default") ?? 0;
        if (value.IsWhole) return value.AsWhole;
        if (value.IsText)
        {
            var digits = PythonText.Strip(value.AsText, null, true, true).Replace("_", "", StringComparison.Ordinal);
            if (long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)) return whole;
            if (!double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed)) return otherwise;
            value = parsed;
        }

        return value.Kind == TemplateKind.Float && Math.Abs(value.AsReal) < long.MaxValue ? (long)value.AsReal : otherwise;
    }

    private static TemplateValue Float(TemplateValue value, CallArguments call)
    {
        if (value.IsNumber) return value.AsReal;
        if (value.IsText && double.TryParse(PythonText.Strip(value.AsText, null, true, true), NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed)) return parsed;
        return call.Find(0, "default") ?? 0.0;
    }

    private static TemplateValue Round(TemplateValue value, CallArguments call)
    {
        if (value.IsUndefined) throw new TemplateFault(value.Reason);
        if (!value.IsNumber) throw new TemplateFault($"'round' needs a number, not {value.KindName}");
        var digits = (int)Math.Clamp(call.FindWhole(0, "precision", 0), -300, 300);
        var method = call.FindText(1, "method") ?? "common";
        var scale = Math.Pow(10, digits);
        return method switch
        {
            "common" when value.IsWhole && digits >= 0 => (TemplateValue)value.AsWhole,
            "common" => Rounding.Round(value.AsReal, digits),
            "ceil" => Math.Ceiling(value.AsReal * scale) / scale,
            "floor" => Math.Floor(value.AsReal * scale) / scale,
            _ => throw new TemplateFault($"'round' knows the methods common, ceil and floor, not '{method}'"),
        };
    }
}
