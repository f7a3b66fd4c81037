using System.Text;
using Unmask.Text.Unicode;

namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>The methods of texts, as Python's <c>str</c> has them; of markup, the same with escaped arguments.</summary>
internal static class TextMethods
{
    private delegate TemplateValue Method(string text, CallArguments call);

    private sealed record Entry(Signature Signature, Method Body, string Escaped);

    private static readonly Dictionary<string, Entry> _methods = new(StringComparer.Ordinal);

    static TextMethods()
    {
        Add("startswith endswith", "prefix start? end? /", (text, call) => HasAffix(text, call));
        Add("strip lstrip rstrip", "chars? /", (text, call) => Cut(PythonText.Strip(text, call.FindText(0, "chars"), call.Callee != "rstrip", call.Callee != "lstrip", call.Budget), call));
        Add("removeprefix", "prefix /", (text, call) => Cut(text.StartsWith(call.GetText(0, "prefix"), StringComparison.Ordinal) ? text[call.GetText(0, "prefix").Length..] : text, call));
        Add("removesuffix", "suffix /", (text, call) => Cut(text.EndsWith(call.GetText(0, "suffix"), StringComparison.Ordinal) ? text[..^call.GetText(0, "suffix").Length] : text, call));
        Add("split rsplit", "sep? maxsplit?", (text, call) => TextSplitting.Split(text, call, call.Callee == "rsplit"));
        Add("splitlines", "keepends?", (text, call) => Lines(text, call));
        Add("partition rpartition", "sep /", (text, call) => TextSplitting.Partition(text, call.GetText(0, "sep"), call.Callee == "rpartition", call.Budget));
        Add("replace", "old new count?", (text, call) => TextSearch.Replace(text, call.GetText(0, "old"), call.GetText(1, "new"), call.FindWhole(2, "count", -1), call.Budget), "1");
        Add("upper", "", (text, call) => Changed(text, FullCase.Upper, call.Budget));
        Add("lower", "", (text, call) => Changed(text, FullCase.Lower, call.Budget));
        Add("casefold", "", (text, call) => Changed(text, FullCase.Fold, call.Budget));
        Add("title", "", (text, call) => Changed(text, FullCase.Title, call.Budget));
        Add("capitalize", "", (text, call) => Changed(text, FullCase.Capitalize, call.Budget));
        Add("swapcase", "", (text, call) => Changed(text, FullCase.Swap, call.Budget));
        Add("find rfind index rindex", "sub start? end? /", (text, call) => TextSearch.Find(text, call));
        Add("count", "sub start? end? /", (text, call) => TextSearch.Count(text, call));
        Add("join", "iterable /", Join, "all");
        Add("zfill", "width /", (text, call) => ZeroFill(text, call.GetWhole(0, "width"), call.Budget));
        Add("center ljust rjust", "width fillchar? /", Pad, "1");
        Add("expandtabs", "tabsize?", (text, call) => ExpandTabs(text, call.FindWhole(0, "tabsize", 8), call.Budget));
        Add("translate", "table /", Translate);
        foreach (var name in TextClasses.Names) Add(name, "", (text, call) =>
        {
            call.Budget.Step(text.Length / 4);
            return TextClasses.Is(call.Callee, text);
        });
        // Not methods of their own delegate, because they need to know whether the text is markup.
        Add("format", "* **", (_, _) => TemplateValue.None);
        Add("format_map", "mapping /", (_, _) => TemplateValue.None);
    }

    public static TemplateValue? Find(TemplateValue text, string name)
    {
        if (name is "unescape" or "striptags" && text.IsMarkup) return MarkupMethod(text.AsText, name);
        if (!_methods.TryGetValue(name, out var method)) return null;
        return Members.Method(name, method.Signature, call =>
        {
            call.Budget.Scan(text.AsText.Length);
            foreach (var argument in call.Positional) call.Budget.Step(argument.IsText ? argument.AsText.Length / 64 : 0);
            if (name == "format") return BraceFormat.Apply(text, call);
            if (name == "format_map") return BraceFormat.ApplyMapping(text, call);
            if (!text.IsMarkup) return method.Body(text.AsText, call);
            return AsMarkup(method.Body(text.AsText, Escaped(call, method.Escaped)));
        });
    }

    public static TemplateValue Texts(IEnumerable<string> texts) => TemplateValue.List(texts.Select(text => (TemplateValue)text).ToList());

    public static string Center(string text, long width, RenderBudget budget) => Pad(text, width, " ", '^', budget);

    private static void Add(string names, string signature, Method body, string escaped = "")
    {
        foreach (var name in names.Split(' ')) _methods[name] = new Entry(new Signature(signature), body, escaped);
    }

    private static TemplateValue MarkupMethod(string text, string name) => TemplateValue.Callable(name, call => name == "unescape"
        ? HtmlReferences.Decode(text, call.Budget)
        : Html.StripTags(text, call.Budget));

    private static CallArguments Escaped(CallArguments call, string which)
    {
        if (which.Length == 0) return call;
        var arguments = call.Positional.ToList();
        if (which == "all") arguments[0] = TemplateValue.List(Sequences.Enumerate(arguments[0], call.Budget).Select(item => (TemplateValue)Html.Escape(item, call.Budget)).ToList());
        else if (arguments.Count > 1) arguments[1] = Html.Escape(arguments[1], call.Budget);
        return call.With(arguments);
    }

    private static TemplateValue AsMarkup(TemplateValue result) => result.Kind switch
    {
        TemplateKind.Text => TemplateValue.Markup(result.AsText),
        TemplateKind.List => TemplateValue.List(result.AsItems.Select(AsMarkup).ToList()),
        TemplateKind.Tuple => TemplateValue.Tuple(result.AsItems.Select(AsMarkup).ToList()),
        _ => result,
    };

    /// <summary>What a mapping of characters makes of the text, which may be longer.</summary>
    public static string Changed(string text, Func<string, string> change, RenderBudget budget)
    {
        budget.Text(text.Length);
        budget.Step(text.Length / 8);
        var changed = change(text);
        budget.Text(Math.Max(0, changed.Length - text.Length));
        return changed;
    }

    private static TemplateValue Cut(string text, CallArguments call)
    {
        call.Budget.Text(text.Length);
        return text;
    }

    private static TemplateValue Lines(string text, CallArguments call)
    {
        call.Budget.Text(text.Length);
        return Texts(PythonText.SplitLines(text, call.FindFlag(0, "keepends"), call.Budget));
    }

    private static TemplateValue HasAffix(string text, CallArguments call)
    {
        var affix = call.Positional[0];
        var part = TextSearch.Part(text, call, out var valid).ToString();
        if (affix.Kind != TemplateKind.Tuple) return Has(affix);
        // Each is looked at, for a wrong one behind a right one is no fault in Python either.
        return affix.AsItems.Any(Has);

        bool Has(TemplateValue value)
        {
            call.Budget.Scan(value.IsText ? value.AsText.Length : 0);
            if (!value.IsText) throw call.Wrong("prefix", "a text or a tuple of texts", value);
            return valid && (call.Callee == "startswith" ? part.StartsWith(value.AsText, StringComparison.Ordinal) : part.EndsWith(value.AsText, StringComparison.Ordinal));
        }
    }

    private static TemplateValue Join(string text, CallArguments call)
    {
        var joined = new StringBuilder();
        var count = 0;
        foreach (var item in Sequences.Enumerate(call.Positional[0], call.Budget))
        {
            if (!item.IsText) throw new TemplateFault($"'join' needs a list of texts, but item {count} is {item.KindName}");
            call.Budget.Text(item.AsText.Length + text.Length);
            joined.Append(count++ > 0 ? text : "").Append(item.AsText);
        }

        return joined.ToString();
    }

    private static string ZeroFill(string text, long width, RenderBudget budget)
    {
        var sign = text.Length > 0 && text[0] is '-' or '+' ? text[..1] : "";
        return sign + Pad(text[sign.Length..], width - sign.Length, "0", '>', budget);
    }

    private static TemplateValue Pad(string text, CallArguments call)
    {
        var fill = call.Find(1, "fillchar") is null ? " " : call.GetText(1, "fillchar");
        if (PythonText.Length(fill) != 1) throw new TemplateFault($"'{call.Callee}' fills with one character, not with '{fill}'");
        return Pad(text, call.GetWhole(0, "width"), fill, call.Callee[0] switch { 'l' => '<', 'r' => '>', _ => '^' }, call.Budget);
    }

    private static string Pad(string text, long width, string fill, char align, RenderBudget budget)
    {
        var length = PythonText.Length(text);
        if (width <= length) return text;
        budget.Text(Math.Min(width, int.MaxValue) * fill.Length);
        var missing = width - length;
        // Python puts the odd blank of a centered text on the left when the width is odd.
        var left = align switch { '<' => 0, '>' => missing, _ => (missing / 2) + (missing & width & 1) };
        return Repeated(fill, left) + text + Repeated(fill, missing - left);
    }

    private static string Repeated(string fill, long count) => fill.Length == 1 ? new string(fill[0], (int)count) : string.Concat(Enumerable.Repeat(fill, (int)count));

    private static string ExpandTabs(string text, long size, RenderBudget budget)
    {
        var result = new StringBuilder();
        var column = 0L;
        foreach (var c in text)
        {
            if (c == '\t')
            {
                var blanks = size > 0 ? size - (column % size) : 0;
                budget.Text(blanks);
                result.Append(' ', (int)blanks);
                column += blanks;
                continue;
            }

            result.Append(c);
            column = c is '\n' or '\r' ? 0 : char.IsLowSurrogate(c) ? column : column + 1;
        }

        budget.Text(text.Length);
        return result.ToString();
    }

    private static TemplateValue Translate(string text, CallArguments call)
    {
        var table = call.Positional[0];
        var result = new StringBuilder();
        for (var at = 0; at < text.Length;)
        {
            call.Budget.Step();
            var code = CodePoints.At(text, at, out var units);
            var to = Sequences.Item(table, code, call.Budget);
            if (to is null) result.Append(text, at, units);
            else if (to.IsText) result.Append(to.AsText);
            else if (to.IsWhole) result.Append(FormatSpec.Character(to.AsBig));
            else if (to.Kind != TemplateKind.None) throw new TemplateFault($"'translate' needs texts, whole numbers or none, not {to.KindName}");
            if (to?.IsText == true) call.Budget.Text(to.AsText.Length);
            at += units;
        }

        call.Budget.Text(text.Length);
        return result.ToString();
    }
}
