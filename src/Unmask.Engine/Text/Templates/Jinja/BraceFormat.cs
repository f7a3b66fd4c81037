using System.Globalization;
using System.Text;

namespace Unmask.Engine.Text.Templates.Jinja;

/// <summary>Python's <c>"{} of {name:>5}".format(...)</c>; fields are places or names, with an optional format.</summary>
internal static class BraceFormat
{
    public static TemplateValue Apply(string format, CallArguments call)
    {
        var result = new StringBuilder();
        var next = 0;
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

            var end = c == '{' ? format.IndexOf('}', i) : -1;
            if (end < 0) throw new TemplateFault($"the format '{format}' has a single '{c}'; write it twice to mean the character");
            result.Append(Field(format[(i + 1)..end], call, ref next));
            i = end;
        }

        call.Budget.Text(result.Length);
        return result.ToString();
    }

    private static string Field(string field, CallArguments call, ref int next)
    {
        var colon = field.IndexOf(':');
        var (name, spec) = colon < 0 ? (field, "") : (field[..colon], field[(colon + 1)..]);
        var asRepr = name.EndsWith("!r", StringComparison.Ordinal);
        if (asRepr || name.EndsWith("!s", StringComparison.Ordinal)) name = name[..^2];
        TemplateValue? value;
        if (name.Length == 0) value = call.Find(next++, "");
        else if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index)) value = call.Find(index, "");
        else value = call.Named.GetValueOrDefault(name);
        if (value is null) throw new TemplateFault($"the field '{{{field}}}' of a format has no value");
        if (asRepr) value = PythonText.Repr(value, call.Budget);
        return FormatSpec.ReadBrace(spec).Format(value, call.Budget);
    }
}
