using System.Text;

namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>Python's <c>"{} of {name:&gt;5}".format(...)</c>: places, names, attributes and items of them, conversions and formats, one level nested.</summary>
internal sealed class BraceFormat
{
    private readonly TemplateValue _like;
    private readonly IReadOnlyList<TemplateValue> _places;
    private readonly Func<string, TemplateValue?> _names;
    private readonly RenderBudget _budget;
    private int _next;
    private bool _numbered;

    private BraceFormat(TemplateValue like, IReadOnlyList<TemplateValue> places, Func<string, TemplateValue?> names, RenderBudget budget) =>
        (_like, _places, _names, _budget) = (like, places, names, budget);

    public static TemplateValue Apply(TemplateValue format, CallArguments call) =>
        PythonText.Like(format, new BraceFormat(format, call.Positional, name => call.Named.GetValueOrDefault(name), call.Budget).Run(format.AsText, 2));

    public static TemplateValue ApplyMapping(TemplateValue format, CallArguments call)
    {
        var names = call.Get(0, "mapping");
        return PythonText.Like(format, new BraceFormat(format, [], name => Sequences.Item(names, name, call.Budget), call.Budget).Run(format.AsText, 2));
    }

    private string Run(string format, int levels)
    {
        if (levels < 1) throw new TemplateFault("a format holds fields inside fields inside fields");
        var result = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            var c = format[i];
            if (c is not ('{' or '}'))
            {
                result.Append(c);
                continue;
            }

            if (i + 1 < format.Length && format[i + 1] == c)
            {
                result.Append(c);
                i++;
                continue;
            }

            if (c == '}') throw Single(c);
            var end = FieldEnd(format, i);
            var text = Field(format[(i + 1)..end], levels);
            _budget.Text(text.Length);
            result.Append(text);
            i = end;
        }

        _budget.Text(format.Length);
        return result.ToString();
    }

    /// <summary>Where the brace closes that opens here; braces inside square brackets count, too.</summary>
    private static int FieldEnd(string format, int open)
    {
        var depth = 0;
        for (var i = open; i < format.Length; i++)
        {
            if (format[i] == '{') depth++;
            if (format[i] == '}' && --depth == 0) return i;
        }

        throw Single('{');
    }

    private static TemplateFault Single(char brace) => new($"a format has a single '{brace}'; write it twice to mean the character");

    private string Field(string field, int levels)
    {
        _budget.Step();
        var nameEnd = NameEnd(field);
        var name = field[..nameEnd];
        var conversion = '\0';
        var at = nameEnd;
        if (at < field.Length && field[at] == '!')
        {
            if (at + 1 >= field.Length || field[at + 1] is not ('r' or 's' or 'a')) throw new TemplateFault($"the conversion in '{{{field}}}' must be !r, !s or !a");
            conversion = field[at + 1];
            at += 2;
            if (at < field.Length && field[at] != ':') throw new TemplateFault($"after the conversion in '{{{field}}}' a ':' was expected");
        }

        var value = Value(name);
        var spec = at < field.Length ? Run(field[(at + 1)..], levels - 1) : "";
        if (conversion == 'r') value = PythonRepr.Write(value, _budget);
        else if (conversion == 's') value = PythonText.Str(value, _budget);
        else if (conversion == 'a') value = PythonRepr.Write(value, _budget, ascii: true);
        return Formatted(value, spec);
    }

    private static int NameEnd(string field)
    {
        var bracket = false;
        for (var i = 0; i < field.Length; i++)
        {
            if (field[i] == '[') bracket = true;
            else if (field[i] == ']') bracket = false;
            else if (!bracket && field[i] is '!' or ':') return i;
        }

        return field.Length;
    }

    private TemplateValue Value(string name)
    {
        var end = name.IndexOfAny(['.', '[']);
        var first = end < 0 ? name : name[..end];
        if (first.Contains('{')) throw new TemplateFault($"the name '{first}' of a format holds a brace");
        TemplateValue? value;
        if (first.Length == 0)
        {
            if (_numbered) throw new TemplateFault("a format has fields with and without numbers");
            value = Place(_next++);
            if (_next == 1) _counted = true;
        }
        else if (first.All(char.IsAsciiDigit))
        {
            if (_counted) throw new TemplateFault("a format has fields with and without numbers");
            _numbered = true;
            value = int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? Place(index) : null;
        }
        else value = _names(first);

        if (value is null) throw new TemplateFault($"the field '{{{name}}}' of a format has no value");
        return end < 0 ? value : Parts(value, name, end);
    }

    private bool _counted;

    private TemplateValue? Place(int index) => index < _places.Count ? _places[index] : null;

    private TemplateValue Parts(TemplateValue value, string name, int at)
    {
        while (at < name.Length)
        {
            string part;
            TemplateValue? found;
            if (name[at] == '.')
            {
                var end = name.IndexOfAny(['.', '['], at + 1);
                part = name[(at + 1)..(end < 0 ? name.Length : end)];
                found = Members.Get(value, part, _budget);
                at = end < 0 ? name.Length : end;
            }
            else
            {
                var end = name[at] == '[' ? name.IndexOf(']', at) : -1;
                if (end < 0) throw new TemplateFault($"the field '{{{name}}}' of a format is not well formed");
                part = name[(at + 1)..end];
                found = Sequences.Item(value, part.Length > 0 && part.All(char.IsAsciiDigit) && long.TryParse(part, out var index) ? index : part, _budget);
                at = end + 1;
            }

            if (part.Length == 0) throw new TemplateFault($"the field '{{{name}}}' of a format has an empty part");
            value = found ?? TemplateValue.Undefined(() => $"'{part}' in the field '{{{name}}}' of a format is not defined");
        }

        return value;
    }

    private string Formatted(TemplateValue value, string spec)
    {
        if (_like.IsMarkup)
        {
            if (value.IsMarkup && spec.Length > 0) throw new TemplateFault("a format in a field is not for markup");
            return value.IsMarkup ? value.AsText : Html.Escape(Plain(value, spec), _budget);
        }

        return Plain(value, spec);
    }

    private string Plain(TemplateValue value, string spec)
    {
        if (spec.Length == 0) return PythonText.Str(value, _budget);
        if (value.IsText) return FormatSpec.ReadBrace(spec).FormatText(value.AsText, _budget);
        if (value.IsWhole)
        {
            var read = FormatSpec.ReadBrace(spec);
            return read.FormatWhole(value.AsBig, _budget);
        }

        if (value.Kind == TemplateKind.Float) return FormatSpec.ReadBrace(spec).FormatReal(value.AsReal, _budget);
        throw new TemplateFault($"the format '{spec}' is not for {value.KindName}");
    }
}
