using System.Text;

namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>HTML escapes: what <c>escape</c>, <c>striptags</c> and <c>xmlattr</c> do.</summary>
internal static class Html
{
    /// <summary>The value as text with <c>&amp; &lt; &gt; " '</c> escaped, unless it is markup already.</summary>
    public static string Escape(TemplateValue value, RenderBudget budget) => value.IsMarkup ? value.AsText : Escape(PythonText.Str(value, budget), budget);

    public static string Escape(string text, RenderBudget budget)
    {
        budget.Scan(text.Length);
        if (text.AsSpan().IndexOfAny("&<>'\"") < 0) return text;
        budget.Text(text.Length + (4L * text.AsSpan().CountAny("&<>'\"")));
        var result = new StringBuilder(text.Length + 16);
        foreach (var c in text)
        {
            _ = c switch
            {
                '&' => result.Append("&amp;"),
                '<' => result.Append("&lt;"),
                '>' => result.Append("&gt;"),
                '\'' => result.Append("&#39;"),
                '"' => result.Append("&#34;"),
                _ => result.Append(c),
            };
        }

        return result.ToString();
    }

    /// <summary>Without comments and tags, each run of white space one blank, entities decoded.</summary>
    public static string StripTags(string text, RenderBudget budget)
    {
        budget.Scan(text.Length * 8L);
        text = Cut(Cut(text, "<!--", "-->"), "<", ">");
        budget.Text(text.Length);
        return HtmlReferences.Decode(string.Join(' ', TextSplitting.Words(text, budget)), budget);
    }

    public static TemplateValue Attributes(TemplateValue value, CallArguments call)
    {
        if (value.Kind != TemplateKind.Mapping) throw new TemplateFault(value.IsUndefined ? value.Reason : $"'xmlattr' needs a mapping, not {value.KindName}");
        var result = new StringBuilder();
        call.Budget.Step(value.AsMapping.Count);
        foreach (var (key, item) in value.AsMapping)
        {
            if (item.IsUndefined || item.Kind == TemplateKind.None) continue;
            if (!key.IsText) throw new TemplateFault($"the name of an attribute must be a text, not {key.KindName}");
            if (key.AsText.AsSpan().IndexOfAny(" \t\n\r\f\v/>=") >= 0) throw new TemplateFault($"the attribute name '{key.AsText}' holds a blank, '/', '>' or '='");
            if (result.Length > 0) result.Append(' ');
            var (name, content) = (Escape(key, call.Budget), Escape(item, call.Budget));
            call.Budget.Text(name.Length + content.Length + 4);
            result.Append(name).Append("=\"").Append(content).Append('"');
        }

        if (result.Length > 0 && call.FindFlag(0, "autospace", true)) result.Insert(0, ' ');
        return call.AutoEscape ? TemplateValue.Markup(result.ToString()) : result.ToString();
    }

    private static string Cut(string text, string open, string close)
    {
        var result = new StringBuilder();
        var from = 0;
        while (true)
        {
            var start = text.IndexOf(open, from, StringComparison.Ordinal);
            // As markupsafe does, the end is looked for from the start mark on, which counts for "<!-->".
            var end = start < 0 ? -1 : text.IndexOf(close, start, StringComparison.Ordinal);
            if (end < 0) return result.Append(text, from, text.Length - from).ToString();
            result.Append(text, from, start - from);
            from = end + close.Length;
        }
    }
}
