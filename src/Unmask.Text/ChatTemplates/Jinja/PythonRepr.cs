using System.Text;

namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>Python's <c>repr()</c>.</summary>
internal static class PythonRepr
{
    /// <param name="ascii">Whether everything beyond ASCII is escaped, as Python's <c>ascii()</c> does.</param>
    public static string Write(TemplateValue value, RenderBudget budget, bool ascii = false)
    {
        var text = new StringBuilder();
        Append(text, value, budget, ascii);
        return text.ToString();
    }

    private static void Append(StringBuilder text, TemplateValue value, RenderBudget budget, bool ascii)
    {
        budget.Step();
        var before = text.Length;
        switch (value.Kind)
        {
            case TemplateKind.List:
                AppendItems(text, '[', value.AsItems, "]", budget, ascii);
                return;
            case TemplateKind.Tuple:
                AppendItems(text, '(', value.AsItems, value.AsItems.Count == 1 ? ",)" : ")", budget, ascii);
                return;
            case TemplateKind.View:
                text.Append(value.AsView.Name);
                AppendItems(text, "([", value.AsView.Items, "])", budget, ascii);
                return;
            case TemplateKind.Mapping:
                AppendMapping(text, value.AsMapping, budget, ascii);
                return;
            case TemplateKind.Namespace:
                // A namespace may hold itself.
                if (!System.Runtime.CompilerServices.RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw new TemplateFault("a namespace holds itself and cannot be written");
                text.Append("<Namespace ");
                AppendMapping(text, value.AsMapping, budget, ascii);
                text.Append('>');
                return;
            case TemplateKind.Text:
                budget.Text(value.AsText.Length);
                if (value.IsMarkup) text.Append("Markup(");
                AppendQuoted(text, value.AsText, budget, ascii);
                if (value.IsMarkup) text.Append(')');
                return;
            default:
                text.Append(Scalar(value));
                budget.Step((text.Length - before) / 16);
                break;
        }

        budget.Text(text.Length - before);
    }

    private static string Scalar(TemplateValue value) => value.Kind switch
    {
        TemplateKind.Undefined => "Undefined",
        TemplateKind.None => "None",
        TemplateKind.Boolean => value.IsTrue ? "True" : "False",
        TemplateKind.Integer => BigNumbers.Write(value.AsBig),
        TemplateKind.Float => PythonText.Float(value.AsReal),
        TemplateKind.Range => value.AsRange is { Step: 1 } range ? $"range({range.Start}, {range.Stop})" : $"range({value.AsRange.Start}, {value.AsRange.Stop}, {value.AsRange.Step})",
        TemplateKind.Iterator => $"<{value.AsIterator.Name} object>",
        TemplateKind.Callable => value.AsCallable.Repr,
        _ => value.AsObject.Repr(),
    };

    private static void AppendMapping(StringBuilder text, OrderedDictionary<TemplateValue, TemplateValue> mapping, RenderBudget budget, bool ascii)
    {
        text.Append('{');
        var first = true;
        foreach (var (key, item) in mapping)
        {
            if (!first) text.Append(", ");
            first = false;
            Append(text, key, budget, ascii);
            text.Append(": ");
            Append(text, item, budget, ascii);
        }

        text.Append('}');
    }

    private static void AppendItems(StringBuilder text, object open, IEnumerable<TemplateValue> items, string close, RenderBudget budget, bool ascii)
    {
        text.Append(open);
        var first = true;
        foreach (var item in items)
        {
            if (!first) text.Append(", ");
            first = false;
            Append(text, item, budget, ascii);
        }

        text.Append(close);
    }

    private static void AppendQuoted(StringBuilder text, string content, RenderBudget budget, bool ascii)
    {
        var quote = content.Contains('\'') && !content.Contains('"') ? '"' : '\'';
        text.Append(quote);
        for (var i = 0; i < content.Length; i++)
        {
            var c = content[i];
            switch (c)
            {
                case '\\':
                    text.Append(@"\\");
                    break;
                case '\n':
                    text.Append(@"\n");
                    break;
                case '\r':
                    text.Append(@"\r");
                    break;
                case '\t':
                    text.Append(@"\t");
                    break;
                case var _ when c == quote:
                    text.Append('\\').Append(c);
                    break;
                case ' ':
                    text.Append(c);
                    break;
                default:
                    var code = char.IsSurrogatePair(content, i) ? char.ConvertToUtf32(content, i) : c;
                    if (IsPrintable(content, i) && (code < 0x80 || !ascii)) text.Append(char.ConvertFromUtf32(code));
                    else
                    {
                        budget.Text(10);
                        text.Append(code < 0x100 ? $"\\x{code:x2}" : code < 0x10000 ? $"\\u{code:x4}" : $"\\U{code:x8}");
                    }

                    if (code > 0xffff) i++;
                    break;
            }
        }

        text.Append(quote);
    }

    public static bool IsPrintable(string content, int index) => CharUnicodeInfo.GetUnicodeCategory(content, index) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
}
