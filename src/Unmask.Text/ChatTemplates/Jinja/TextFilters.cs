using System.Text;
using Unmask.Text.Unicode;

namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>The filters that work on texts, and those for any value.</summary>
internal static class TextFilters
{
    public static IEnumerable<(string Names, string Signature, FilterBody Body)> All { get; } =
    [
        ("trim", "chars?", (value, call) => Changed(value, call, text => PythonText.Strip(text, call.FindText(0, "chars"), start: true, end: true, call.Budget))),
        ("upper", "", (value, call) => Changed(value, call, FullCase.Upper)),
        ("lower", "", (value, call) => Changed(value, call, FullCase.Lower)),
        ("capitalize", "", (value, call) => Changed(value, call, FullCase.Capitalize)),
        ("title", "", (value, call) => Changed(value, call, Title, keepsMarkup: false)),
        ("center", "width?", (value, call) => Changed(value, call, text => TextMethods.Center(text, call.FindWhole(0, "width", 80), call.Budget))),
        ("string", "", (value, call) => value.IsText ? value : Text(value, call)),
        ("safe", "", (value, call) => TemplateValue.Markup(Text(value, call))),
        ("escape e", "", (value, call) => TemplateValue.Markup(Html.Escape(value, call.Budget))),
        ("forceescape", "", (value, call) => TemplateValue.Markup(Html.Escape(Text(value, call), call.Budget))),
        ("striptags", "", (value, call) => Html.StripTags(Text(value, call), call.Budget)),
        ("xmlattr", "autospace?", Html.Attributes),
        ("replace", "old new count?", Replace),
        ("indent", "width? first? blank?", Indent),
        ("truncate", "length? killwords? end? leeway?", Truncate),
        ("wordcount", "", (value, call) => WordCount(Text(value, call), call.Budget)),
        ("wordwrap", "width? break_long_words? wrapstring? break_on_hyphens?", WordWrap.Apply),
        ("format", "* **", Format),
        ("urlencode", "", Urls.Encode),
        ("urlize", "trim_url_limit? nofollow? target? rel? extra_schemes?", Urls.Link),
        ("pprint", "", (value, call) => PrettyPrint.Write(value, call.Budget)),
        ("tojson", "ensure_ascii? indent? separators? sort_keys?", (value, call) => JsonText.Write(value, call)),
        ("default d", "default_value? boolean?", (value, call) => value.IsUndefined || (call.FindFlag(1, "boolean") && !value.IsTrue) ? call.Find(0, "default_value") ?? "" : value),
        ("length count", "", (value, call) => Sequences.Length(value, call.Budget)),
        ("attr", "name", (value, call) => Attribute(value, call)),
    ];

    /// <summary>The value as text; of a text that is markup the bare text.</summary>
    public static string Text(TemplateValue value, CallArguments call)
    {
        var text = PythonText.Str(value, call.Budget);
        call.Budget.Scan(text.Length);
        return text;
    }

    private static TemplateValue Changed(TemplateValue value, CallArguments call, Func<string, string> change, bool keepsMarkup = true)
    {
        var text = TextMethods.Changed(Text(value, call), change, call.Budget);
        return keepsMarkup ? PythonText.Like(value, text) : text;
    }

    /// <summary>Words begin at the text's start and after blanks, hyphens and opening brackets.</summary>
    private static string Title(string text)
    {
        var result = new StringBuilder(text.Length);
        var start = 0;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && !Separates(text[i])) continue;
            if (i > start)
            {
                var width = PythonText.Width(text, start);
                result.Append(FullCase.Upper(text.Substring(start, width))).Append(FullCase.Lower(text[(start + width)..i]));
            }

            if (i < text.Length) result.Append(text[i]);
            start = i + 1;
        }

        return result.ToString();

        static bool Separates(char c) => c is '-' or '(' or '{' or '[' or '<' || PythonText.IsSpace(c);
    }

    private static TemplateValue Replace(TemplateValue value, CallArguments call)
    {
        var (old, fresh) = (call.Get(0, "old"), call.Get(1, "new"));
        var count = call.FindWhole(2, "count", -1, noneAllowed: true);
        if (!call.AutoEscape) return TextSearch.Replace(Text(value, call), PythonText.Str(old, call.Budget), PythonText.Str(fresh, call.Budget), count, call.Budget);
        if (old.IsMarkup || (fresh.IsMarkup && !value.IsMarkup)) value = TemplateValue.Markup(Html.Escape(value, call.Budget));
        var into = value.IsMarkup ? Html.Escape(fresh, call.Budget) : PythonText.Str(fresh, call.Budget);
        return PythonText.Like(value, TextSearch.Replace(Text(value, call), PythonText.Str(old, call.Budget), into, count, call.Budget));
    }

    private static TemplateValue Indent(TemplateValue value, CallArguments call)
    {
        if (!value.IsText) throw new TemplateFault(value.IsUndefined ? value.Reason : $"'indent' needs a text, not {value.KindName}");
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
        call.Budget.Text(value.AsText.Length);
        var lines = PythonText.SplitLines(value.AsText + "\n", keepEnds: false, call.Budget);
        call.Budget.Text((long)margin.Length * lines.Count);
        var result = new StringBuilder();
        for (var i = 0; i < lines.Count; i++)
        {
            if (i > 0) result.Append('\n');
            if (i == 0 ? first : blank || lines[i].Length > 0) result.Append(margin);
            result.Append(lines[i]);
        }

        return PythonText.Like(value, result.ToString());
    }

    private static TemplateValue Truncate(TemplateValue value, CallArguments call)
    {
        var length = call.FindWhole(0, "length", 255);
        var end = call.Find(2, "end") ?? "...";
        if (!end.IsText) throw call.Wrong("end", "a text", end);
        var leeway = call.FindWhole(3, "leeway", 5, noneAllowed: true);
        var tail = PythonText.Length(end.AsText);
        if (length < tail) throw new TemplateFault($"'truncate' cuts at {length}, which is less than the length of its end, {tail}");
        if (leeway < 0) throw new TemplateFault($"the leeway of 'truncate' is {leeway}. It must be at least 0");
        var count = Sequences.Length(value, call.Budget);
        if (count <= length || count <= length + leeway) return value;
        if (!value.IsText) throw new TemplateFault($"'truncate' needs a text, not {value.KindName}");
        var text = value.AsText[..PythonText.UnitOf(value.AsText, (int)(length - tail))];
        if (!call.FindFlag(1, "killwords") && text.LastIndexOf(' ') is >= 0 and var blank) text = text[..blank];
        return Operators.Apply("+", PythonText.Like(value, text), end, call.Budget);
    }

    private static long WordCount(string text, RenderBudget budget)
    {
        budget.Step(text.Length / 8);
        var (count, inWord) = (0L, false);
        for (var at = 0; at < text.Length;)
        {
            var code = CodePoints.At(text, at, out var units);
            var isWord = code == '_' || TextClasses.IsWord(code);
            if (isWord && !inWord) count++;
            inWord = isWord;
            at += units;
        }

        return count;
    }

    private static TemplateValue Format(TemplateValue value, CallArguments call)
    {
        if (call.Positional.Count > 0 && call.Named.Count > 0) throw new TemplateFault("'format' takes values by place or by name, not both");
        var format = value.IsText ? value : Text(value, call);
        return PrintfFormat.Apply(format, call.Named.Count > 0 ? TemplateValue.Mapping(call.Named) : TemplateValue.Tuple(call.Positional), call.Budget);
    }

    private static TemplateValue Attribute(TemplateValue value, CallArguments call)
    {
        var name = call.GetText(0, "name");
        if (value.IsUndefined) throw new TemplateFault(value.Reason);
        return Members.Find(value, name, call.Budget) ?? TemplateValue.Undefined(() => $"there is no attribute '{name}'");
    }
}
