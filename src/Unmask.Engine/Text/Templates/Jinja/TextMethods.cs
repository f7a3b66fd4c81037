using System.Globalization;
using System.Text;

namespace Unmask.Engine.Text.Templates.Jinja;

/// <summary>The methods of texts, as Python's <c>str</c> has them.</summary>
internal static class TextMethods
{
    private delegate TemplateValue Method(string text, CallArguments call);

    private static readonly Dictionary<string, Method> _methods = new(StringComparer.Ordinal)
    {
        ["startswith"] = (text, call) => HasAffix(text, call, atStart: true),
        ["endswith"] = (text, call) => HasAffix(text, call, atStart: false),
        ["strip"] = (text, call) => PythonText.Strip(text, call.FindText(0, "chars"), start: true, end: true),
        ["lstrip"] = (text, call) => PythonText.Strip(text, call.FindText(0, "chars"), start: true, end: false),
        ["rstrip"] = (text, call) => PythonText.Strip(text, call.FindText(0, "chars"), start: false, end: true),
        ["removeprefix"] = (text, call) => text.StartsWith(call.GetText(0, "prefix"), StringComparison.Ordinal) ? text[call.GetText(0, "prefix").Length..] : text,
        ["removesuffix"] = (text, call) => text.EndsWith(call.GetText(0, "suffix"), StringComparison.Ordinal) ? text[..^call.GetText(0, "suffix").Length] : text,
        ["split"] = (text, call) => TextSplitting.Split(text, call, fromEnd: false),
        ["rsplit"] = (text, call) => TextSplitting.Split(text, call, fromEnd: true),
        ["splitlines"] = (text, call) => Texts(PythonText.SplitLines(text, call.FindFlag(0, "keepends"))),
        ["partition"] = (text, call) => TextSplitting.Partition(text, call.GetText(0, "sep"), fromEnd: false),
        ["rpartition"] = (text, call) => TextSplitting.Partition(text, call.GetText(0, "sep"), fromEnd: true),
        ["replace"] = (text, call) => Replace(text, call.GetText(0, "old"), call.GetText(1, "new"), call.FindWhole(2, "count", -1), call.Budget),
        ["upper"] = (text, _) => text.ToUpperInvariant(),
        ["lower"] = (text, _) => text.ToLowerInvariant(),
        ["casefold"] = (text, _) => text.ToLowerInvariant(),
        ["title"] = (text, _) => Title(text),
        ["capitalize"] = (text, _) => Capitalize(text),
        ["swapcase"] = (text, _) => string.Concat(text.Select(c => char.IsUpper(c) ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c))),
        ["find"] = (text, call) => Find(text, call, last: false) ?? -1,
        ["rfind"] = (text, call) => Find(text, call, last: true) ?? -1,
        ["index"] = (text, call) => Find(text, call, last: false) ?? throw NotFound(call),
        ["rindex"] = (text, call) => Find(text, call, last: true) ?? throw NotFound(call),
        ["count"] = (text, call) => Count(text, call.GetText(0, "sub")),
        ["join"] = Join,
        ["format"] = BraceFormat.Apply,
        ["zfill"] = (text, call) => ZeroFill(text, call.GetWhole(0, "width"), call.Budget),
        ["center"] = (text, call) => Pad(text, call, '^'),
        ["ljust"] = (text, call) => Pad(text, call, '<'),
        ["rjust"] = (text, call) => Pad(text, call, '>'),
        ["isdigit"] = (text, _) => All(text, char.IsDigit),
        ["isdecimal"] = (text, _) => All(text, char.IsDigit),
        ["isnumeric"] = (text, _) => All(text, char.IsNumber),
        ["isalpha"] = (text, _) => All(text, char.IsLetter),
        ["isalnum"] = (text, _) => All(text, char.IsLetterOrDigit),
        ["isspace"] = (text, _) => All(text, PythonText.IsSpace),
        ["isupper"] = (text, _) => text.Any(char.IsUpper) && !text.Any(char.IsLower),
        ["islower"] = (text, _) => text.Any(char.IsLower) && !text.Any(char.IsUpper),
        ["isascii"] = (text, _) => text.All(char.IsAscii),
    };

    public static TemplateValue? Find(string text, string name)
    {
        if (!_methods.TryGetValue(name, out var method)) return null;
        return TemplateValue.Callable(name, call =>
        {
            call.Budget.Step(text.Length / 64);
            call.Budget.Text(text.Length);
            return method(text, call);
        });
    }

    public static TemplateValue Texts(IEnumerable<string> texts) => TemplateValue.List(texts.Select(text => (TemplateValue)text).ToList());

    public static string Replace(string text, string old, string fresh, long count, RenderBudget budget)
    {
        if (count == 0) return text;
        var found = old.Length == 0 ? PythonText.Length(text) + 1 : Count(text, old);
        if (count > 0) found = Math.Min(found, count);
        budget.Text(text.Length + (found * fresh.Length));
        var result = new StringBuilder();
        if (old.Length == 0)
        {
            foreach (var point in PythonText.CodePoints(text)) result.Append(found-- > 0 ? fresh : "").Append(point);
            return result.Append(found > 0 ? fresh : "").ToString();
        }

        var from = 0;
        for (; found > 0; found--)
        {
            var at = text.IndexOf(old, from, StringComparison.Ordinal);
            result.Append(text, from, at - from).Append(fresh);
            from = at + old.Length;
        }

        return result.Append(text, from, text.Length - from).ToString();
    }

    public static string Capitalize(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..].ToLowerInvariant();

    public static string Pad(string text, long width, char fill, char align, RenderBudget budget)
    {
        var missing = width - PythonText.Length(text);
        if (missing <= 0) return text;
        budget.Text(width);
        // Python puts the odd blank of a centred text on the left when the width is odd.
        var left = align switch { '<' => 0, '>' => missing, _ => (missing / 2) + (missing & width & 1) };
        return new string(fill, (int)left) + text + new string(fill, (int)(missing - left));
    }

    private static long Count(string text, string part)
    {
        if (part.Length == 0) return PythonText.Length(text) + 1;
        var count = 0L;
        for (var at = text.IndexOf(part, StringComparison.Ordinal); at >= 0; at = text.IndexOf(part, at + part.Length, StringComparison.Ordinal)) count++;
        return count;
    }

    private static TemplateValue HasAffix(string text, CallArguments call, bool atStart)
    {
        if (call.Positional.Count > 1) throw new TemplateFault($"'{call.Callee}' with a start position is not available; slice the text instead");
        var affix = call.Get(0, "prefix");
        if (affix.Kind == TemplateKind.Tuple) return affix.AsItems.Any(item => Has(item));
        return Has(affix);

        bool Has(TemplateValue value)
        {
            if (value.IsUndefined) throw new TemplateFault(value.Reason);
            if (!value.IsText) throw new TemplateFault($"'{call.Callee}' needs a text, not {value.KindName}");
            return atStart ? text.StartsWith(value.AsText, StringComparison.Ordinal) : text.EndsWith(value.AsText, StringComparison.Ordinal);
        }
    }

    /// <summary>Where a part begins, in code points.</summary>
    private static TemplateValue? Find(string text, CallArguments call, bool last)
    {
        if (call.Positional.Count > 1) throw new TemplateFault($"'{call.Callee}' with a start position is not available; slice the text instead");
        var part = call.GetText(0, "sub");
        var at = last ? text.LastIndexOf(part, StringComparison.Ordinal) : text.IndexOf(part, StringComparison.Ordinal);
        return at < 0 ? null : PythonText.Length(text[..at]);
    }

    private static TemplateFault NotFound(CallArguments call) => new($"'{call.Callee}' finds no '{call.GetText(0, "sub")}' in the text");

    private static TemplateValue Join(string text, CallArguments call)
    {
        var items = Operators.Iterate(call.Get(0, "iterable"), call.Budget);
        var joined = new StringBuilder();
        for (var i = 0; i < items.Count; i++)
        {
            if (!items[i].IsText) throw new TemplateFault($"'join' needs a list of texts, but item {i} is {items[i].KindName}");
            call.Budget.Text(items[i].AsText.Length + text.Length);
            joined.Append(i > 0 ? text : "").Append(items[i].AsText);
        }

        return joined.ToString();
    }

    private static string ZeroFill(string text, long width, RenderBudget budget)
    {
        var sign = text.Length > 0 && text[0] is '-' or '+' ? text[..1] : "";
        return sign + Pad(text[sign.Length..], width - sign.Length, '0', '>', budget);
    }

    private static string Pad(string text, CallArguments call, char align)
    {
        var fill = call.FindText(1, "fillchar") ?? " ";
        if (fill.Length != 1) throw new TemplateFault($"'{call.Callee}' fills with one character, not with '{fill}'");
        return Pad(text, call.GetWhole(0, "width"), fill[0], align, call.Budget);
    }

    private static string Title(string text)
    {
        var result = new StringBuilder(text.Length);
        var inWord = false;
        foreach (var c in text)
        {
            result.Append(inWord ? char.ToLower(c, CultureInfo.InvariantCulture) : char.ToUpper(c, CultureInfo.InvariantCulture));
            inWord = char.IsLetter(c);
        }

        return result.ToString();
    }

    private static bool All(string text, Func<char, bool> holds) => text.Length > 0 && text.All(holds);
}
