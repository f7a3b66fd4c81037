using System.Text;

namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>The filter <c>pprint</c>: Python's <c>pformat</c> with 80 columns and sorted keys.</summary>
internal sealed class PrettyPrint
{
    private const int Width = 80;
    private readonly StringBuilder _text = new();
    private readonly RenderBudget _budget;

    private PrettyPrint(RenderBudget budget) => _budget = budget;

    public static string Write(TemplateValue value, RenderBudget budget)
    {
        var print = new PrettyPrint(budget);
        print.Format(value, 0, 0, 1);
        return print._text.ToString();
    }

    private void Format(TemplateValue value, int indent, int allowance, int level)
    {
        var repr = Repr(value);
        _budget.Text(repr.Length);
        if (PythonText.Length(repr) <= Width - indent - allowance)
        {
            _text.Append(repr);
            return;
        }

        switch (value.Kind)
        {
            case TemplateKind.Mapping:
                Open('{');
                Items(Sorted(value.AsMapping), indent, allowance + 1, level, named: true);
                _text.Append('}');
                break;
            case TemplateKind.List:
                Open('[');
                Items([.. value.AsItems.Select(item => (TemplateValue.None, item))], indent, allowance + 1, level, named: false);
                _text.Append(']');
                break;
            case TemplateKind.Tuple when !value.IsGroup:
                Open('(');
                Items([.. value.AsItems.Select(item => (TemplateValue.None, item))], indent, allowance + (value.AsItems.Count == 1 ? 2 : 1), level, named: false);
                _text.Append(value.AsItems.Count == 1 ? ",)" : ")");
                break;
            case TemplateKind.Text when !value.IsMarkup && value.AsText.Length > 0:
                Text(value.AsText, indent, allowance, level);
                break;
            default:
                _text.Append(repr);
                break;
        }
    }

    private void Open(char bracket)
    {
        _budget.Step();
        _text.Append(bracket);
    }

    private void Items(IReadOnlyList<(TemplateValue Key, TemplateValue Value)> items, int indent, int allowance, int level, bool named)
    {
        indent++;
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0)
            {
                _budget.Text(indent + 2);
                _text.Append(",\n").Append(' ', indent);
            }

            var room = i == items.Count - 1 ? allowance : 1;
            var own = indent;
            if (named)
            {
                var key = Repr(items[i].Key);
                _text.Append(key).Append(": ");
                own += PythonText.Length(key) + 2;
            }

            Format(items[i].Value, own, room, level + 1);
        }
    }

    /// <summary>A long text as several with one a line, cut behind blanks; in brackets where it stands alone.</summary>
    private void Text(string text, int indent, int allowance, int level)
    {
        var lines = PythonText.SplitLines(text, keepEnds: true, _budget);
        if (level == 1)
        {
            indent++;
            allowance++;
        }

        var chunks = new List<string>();
        for (var i = 0; i < lines.Count; i++)
        {
            var most = Width - indent;
            if (i == lines.Count - 1) most -= allowance;
            var repr = PythonRepr.Write(lines[i], _budget);
            if (PythonText.Length(repr) <= most) chunks.Add(repr);
            else AddParts(lines[i], i == lines.Count - 1, indent, allowance, chunks);
        }

        if (chunks.Count == 1)
        {
            _text.Append(chunks[0]);
            return;
        }

        _budget.Text(chunks.Count * (long)(indent + 1));
        if (level == 1) _text.Append('(');
        for (var i = 0; i < chunks.Count; i++)
        {
            if (i > 0) _text.Append('\n').Append(' ', indent);
            _text.Append(chunks[i]);
        }

        if (level == 1) _text.Append(')');
    }

    private void AddParts(string line, bool isLast, int indent, int allowance, List<string> chunks)
    {
        var parts = Parts(line);
        var current = new StringBuilder();
        var most = Width - indent;
        for (var j = 0; j < parts.Count; j++)
        {
            var candidate = current.ToString() + parts[j];
            var room = j == parts.Count - 1 && isLast ? most - allowance : most;
            if (PythonText.Length(PythonRepr.Write(candidate, _budget)) > room)
            {
                if (current.Length > 0) chunks.Add(PythonRepr.Write(current.ToString(), _budget));
                current.Clear();
            }

            current.Append(parts[j]);
        }

        if (current.Length > 0) chunks.Add(PythonRepr.Write(current.ToString(), _budget));
    }

    /// <summary>The pieces of <c>\S*\s*</c>.</summary>
    private List<string> Parts(string line)
    {
        var parts = new List<string>();
        for (var at = 0; at < line.Length;)
        {
            _budget.Step();
            var start = at;
            while (at < line.Length && !PythonText.IsSpace(line[at])) at++;
            while (at < line.Length && PythonText.IsSpace(line[at])) at++;
            parts.Add(line[start..at]);
        }

        return parts;
    }

    private List<(TemplateValue Key, TemplateValue Value)> Sorted(OrderedDictionary<TemplateValue, TemplateValue> mapping) =>
        OrderFilters.Sorted([.. mapping.Select(entry => (entry.Key, entry.Value))], entry => entry.Key, IsLess, reverse: false, _budget);

    /// <summary>Keys without an order are ordered by their type's name.</summary>
    private bool IsLess(TemplateValue a, TemplateValue b)
    {
        if ((a.IsNumber && b.IsNumber) || (a.IsText && b.IsText)) return TemplateEquality.Ordered("<", a, b, _budget);
        _budget.Step();
        return string.CompareOrdinal(TypeName(a), TypeName(b)) < 0;
    }

    private static string TypeName(TemplateValue value) => value.Kind switch
    {
        TemplateKind.Boolean => "bool",
        TemplateKind.Integer => "int",
        TemplateKind.Float => "float",
        TemplateKind.Text => "str",
        TemplateKind.None => "NoneType",
        _ => "tuple",
    };

    /// <summary>As <c>repr()</c>, with the keys of mappings in order.</summary>
    private string Repr(TemplateValue value)
    {
        _budget.Step();
        var text = value.Kind switch
        {
            TemplateKind.Mapping => "{" + string.Join(", ", Sorted(value.AsMapping).Select(entry => Repr(entry.Key) + ": " + Repr(entry.Value))) + "}",
            TemplateKind.List => "[" + string.Join(", ", value.AsItems.Select(Repr)) + "]",
            TemplateKind.Tuple when !value.IsGroup => "(" + string.Join(", ", value.AsItems.Select(Repr)) + (value.AsItems.Count == 1 ? ",)" : ")"),
            _ => PythonRepr.Write(value, _budget),
        };
        _budget.Text(text.Length);
        return text;
    }
}
