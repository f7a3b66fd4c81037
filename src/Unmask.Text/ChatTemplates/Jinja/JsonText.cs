using System.Text;

namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>The <c>tojson</c> filter as transformers defines it: Python's <c>json.dumps</c> with <c>ensure_ascii=False</c> and no HTML escapes.</summary>
internal sealed class JsonText
{
    private readonly StringBuilder _text = new();
    private readonly bool _ascii;
    private readonly bool _sortKeys;
    private readonly string? _indent;
    private readonly string _itemSeparator;
    private readonly string _keySeparator;
    private readonly RenderBudget _budget;

    private JsonText(CallArguments call)
    {
        _budget = call.Budget;
        _ascii = call.FindFlag(0, "ensure_ascii");
        var indent = call.Find(1, "indent");
        if (indent is { IsWhole: true })
        {
            _budget.Text(Math.Max(0, indent.AsWhole));
            _indent = new string(' ', (int)Math.Max(0, indent.AsWhole));
        }
        else if (indent is { IsText: true }) _indent = indent.AsText;
        else if (indent is not null && indent.Kind != TemplateKind.None) throw call.Wrong("indent", "a whole number or a text", indent);

        var separators = call.Find(2, "separators");
        (_itemSeparator, _keySeparator) = (_indent is null ? ", " : ",", ": ");
        if (separators is not null && separators.Kind != TemplateKind.None)
        {
            var pair = Sequences.ToList(separators, _budget);
            if (pair.Count != 2 || !pair.All(item => item.IsText)) throw call.Wrong("separators", "a pair of texts", separators);
            (_itemSeparator, _keySeparator) = (pair[0].AsText, pair[1].AsText);
        }

        _sortKeys = call.FindFlag(3, "sort_keys");
    }

    public static string Write(TemplateValue value, CallArguments call)
    {
        var json = new JsonText(call);
        json.Append(value, 0);
        return json._text.ToString();
    }

    private void Append(TemplateValue value, int level)
    {
        _budget.Step();
        switch (value.Kind)
        {
            case TemplateKind.None:
                _text.Append("null");
                return;
            case TemplateKind.Boolean or TemplateKind.Integer or TemplateKind.Float:
                var number = Scalar(value);
                _budget.Text(number.Length);
                _text.Append(number);
                return;
            case TemplateKind.Text:
                _budget.Text(value.AsText.Length);
                AppendQuoted(value.AsText);
                return;
            case TemplateKind.List or TemplateKind.Tuple:
                AppendAll('[', value.AsItems.Select(item => ((string?)null, item)), value.AsItems.Count, ']', level);
                return;
            case TemplateKind.Mapping:
                IEnumerable<KeyValuePair<TemplateValue, TemplateValue>> entries = value.AsMapping;
                if (_sortKeys) entries = OrderFilters.Sorted([.. entries], entry => entry.Key, reverse: false, _budget);
                AppendAll('{', entries.Select(entry => ((string?)KeyText(entry.Key), entry.Value)), value.AsMapping.Count, '}', level);
                return;
            default:
                throw new TemplateFault(value.IsUndefined ? value.Reason : $"{value.KindName} cannot be written as JSON");
        }
    }

    private void AppendAll(char open, IEnumerable<(string? Key, TemplateValue Value)> entries, int count, char close, int level)
    {
        _text.Append(open);
        var first = true;
        foreach (var (key, value) in entries)
        {
            _budget.Text(_itemSeparator.Length + (key is null ? 0 : key.Length + _keySeparator.Length));
            if (!first) _text.Append(_itemSeparator);
            first = false;
            BreakLine(level + 1);
            if (key is not null)
            {
                AppendQuoted(key);
                _text.Append(_keySeparator);
            }

            Append(value, level + 1);
        }

        if (count > 0) BreakLine(level);
        _text.Append(close);
    }

    private void BreakLine(int level)
    {
        if (_indent is null) return;
        _budget.Text((long)_indent.Length * level);
        _text.Append('\n');
        for (var i = 0; i < level; i++) _text.Append(_indent);
    }

    private static string Scalar(TemplateValue value) => value.Kind switch
    {
        TemplateKind.Boolean => value.IsTrue ? "true" : "false",
        TemplateKind.Integer => BigNumbers.Write(value.AsBig),
        _ => double.IsNaN(value.AsReal) ? "NaN" : double.IsInfinity(value.AsReal) ? (value.AsReal > 0 ? "Infinity" : "-Infinity") : PythonText.Float(value.AsReal),
    };

    private static string KeyText(TemplateValue key) => key.IsText ? key.AsText : key.Kind == TemplateKind.None ? "null"
        : key.IsNumber ? Scalar(key) : throw new TemplateFault($"{key.KindName} cannot be a name in JSON");

    private void AppendQuoted(string text)
    {
        _text.Append('"');
        foreach (var c in text)
        {
            var at = "\"\\\n\r\t\b\f".IndexOf(c);
            if (at >= 0) _text.Append('\\').Append("\"\\nrtbf"[at]);
            else if (c < ' ' || (_ascii && c > '~'))
            {
                // Paid for apart, because the text is paid for as long as it is.
                _budget.Text(5);
                _text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            }
            else _text.Append(c);
        }

        _text.Append('"');
    }
}
