using System.Text;
using System.Text.RegularExpressions;

namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>The filters <c>urlencode</c> and <c>urlize</c>. All patterns take time in proportion to the text.</summary>
internal static class Urls
{
    private static readonly Regex _spaces = new(@"([\s\x1c-\x1f]+)", RegexOptions.NonBacktracking);

    private static readonly Regex _link = new(
        """
        ^(?:(?:https?://|www\.)(?:(?:[\w%-]+\.)+)?(?:[a-z]{2,63}|xn--[\w%]{2,59})|(?:[\w%-]{2,63}\.)+(?:com|net|int|edu|gov|org|info|mil)|https?://(?:\d{1,3}(?:\.\d{1,3}){3}|\[(?:[\da-f]{0,4}:){2}(?:[\da-f]{0,4}:?){1,6}\]))(?::\d{1,5})?(?:[/?\#]\S*)?\n?$
        """,
        RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);

    private static readonly Regex _mail = new(@"^\S+@\w[\w.-]*\.\w+\n?$", RegexOptions.NonBacktracking);

    private static readonly Regex _scheme = new(@"^[\w.+-]{2,}:/{0,2}$", RegexOptions.NonBacktracking);

    private static readonly Regex _head = new("^(?:[(<]|&lt;)+", RegexOptions.NonBacktracking);

    private static readonly string[] _tails = [")", ">", ".", ",", "\n", "&gt;"];

    public static TemplateValue Encode(TemplateValue value, CallArguments call)
    {
        if (value.IsText || !Sequences.CanEnumerate(value)) return Quote(PythonText.Str(value, call.Budget), inQuery: false, call.Budget);
        var pairs = value.Kind == TemplateKind.Mapping ? value.AsMapping.Select(entry => TemplateValue.Tuple(entry.Key, entry.Value)) : Sequences.Enumerate(value, call.Budget);
        var result = new StringBuilder();
        foreach (var pair in pairs)
        {
            var parts = Sequences.ToList(pair, call.Budget);
            if (parts.Count != 2) throw new TemplateFault("'urlencode' needs a text, a mapping or pairs of name and value");
            call.Budget.Step(4);
            if (result.Length > 0) result.Append('&');
            result.Append(Quote(PythonText.Str(parts[0], call.Budget), inQuery: true, call.Budget)).Append('=').Append(Quote(PythonText.Str(parts[1], call.Budget), inQuery: true, call.Budget));
        }

        return result.ToString();
    }

    public static TemplateValue Link(TemplateValue value, CallArguments call)
    {
        var limit = call.FindWhole(0, "trim_url_limit", -1, noneAllowed: true);
        var rel = TextSplitting.Words(call.FindText(3, "rel") ?? "", call.Budget).Append("noopener");
        if (call.FindFlag(1, "nofollow")) rel = rel.Append("nofollow");
        var attributes = $" rel=\"{Html.Escape(string.Join(' ', rel.Distinct().Order(StringComparer.Ordinal)), call.Budget)}\"";
        if (call.FindText(2, "target") is { Length: > 0 } target) attributes += $" target=\"{Html.Escape(target, call.Budget)}\"";
        var schemes = call.Find(4, "extra_schemes") is { Kind: not TemplateKind.None } extra ? Sequences.ToList(extra, call.Budget).Select(Scheme).ToList() : [];
        var text = Html.Escape(value, call.Budget);
        call.Budget.Scan(text.Length * 64L);
        var result = new StringBuilder();
        var from = 0;
        foreach (var blank in _spaces.EnumerateMatches(text))
        {
            Append(text[from..blank.Index]);
            result.Append(text, blank.Index, blank.Length);
            from = blank.Index + blank.Length;
        }

        Append(text[from..]);
        return call.AutoEscape ? TemplateValue.Markup(result.ToString()) : result.ToString();

        void Append(string word)
        {
            call.Budget.Step(1 + schemes.Count);
            var linked = Word(word, attributes, limit, schemes);
            call.Budget.Text(linked.Length);
            result.Append(linked);
        }

        string Scheme(TemplateValue scheme)
        {
            if (!scheme.IsText) throw call.Wrong("extra_schemes", "a list of schemes such as 'ftp://'", scheme);
            call.Budget.Scan(scheme.AsText.Length * 8L);
            return _scheme.IsMatch(scheme.AsText) ? scheme.AsText : throw call.Wrong("extra_schemes", "a list of schemes such as 'ftp://'", scheme);
        }
    }

    private static string Quote(string text, bool inQuery, RenderBudget budget)
    {
        budget.Text(text.Length * 3L);
        var result = new StringBuilder();
        foreach (var part in System.Text.Encoding.UTF8.GetBytes(Encodable(text)))
        {
            var c = (char)part;
            if (char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-' or '~' || (c == '/' && !inQuery)) result.Append(c);
            else if (c == ' ' && inQuery) result.Append('+');
            else result.Append('%').Append(part.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
        }

        return result.ToString();
    }

    private static string Encodable(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (PythonText.Width(text, i) == 1) throw new TemplateFault("a text with half of a surrogate pair cannot be encoded");
            i++;
        }

        return text;
    }

    private static string Word(string word, string attributes, long limit, List<string> schemes)
    {
        var head = _head.Match(word).Value;
        var middle = word[head.Length..];
        var end = middle.Length;
        while (Array.Find(_tails, part => middle.AsSpan(0, end).EndsWith(part, StringComparison.Ordinal)) is { } found) end -= found.Length;
        var tail = middle[end..];
        middle = middle[..end];
        Balance("(", ")");
        Balance("<", ">");
        Balance("&lt;", "&gt;");
        var shown = limit >= 0 && PythonText.Length(middle) > limit ? middle[..PythonText.UnitOf(middle, (int)limit)] + "..." : middle;
        if (_link.IsMatch(middle))
        {
            var address = middle.StartsWith("https://", StringComparison.Ordinal) || middle.StartsWith("http://", StringComparison.Ordinal) ? middle : "https://" + middle;
            middle = $"<a href=\"{address}\"{attributes}>{shown}</a>";
        }
        else if (middle.StartsWith("mailto:", StringComparison.Ordinal) && _mail.IsMatch(middle[7..])) middle = $"<a href=\"{middle}\">{middle[7..]}</a>";
        else if (middle.Contains('@') && !middle.StartsWith("www.", StringComparison.Ordinal) && middle[0] != '@' && !middle.Contains(':') && _mail.IsMatch(middle))
        {
            middle = $"<a href=\"mailto:{middle}\">{middle}</a>";
        }
        else
        {
            foreach (var scheme in schemes)
            {
                if (middle != scheme && middle.StartsWith(scheme, StringComparison.Ordinal)) middle = $"<a href=\"{middle}\"{attributes}>{middle}</a>";
            }
        }

        return head + middle + tail;

        // Brackets that open inside the address close inside it.
        void Balance(string open, string close)
        {
            var missing = Count(middle, open);
            if (missing <= Count(middle, close)) return;
            missing = Math.Min(missing, Count(tail, close));
            var at = 0;
            for (; missing > 0; missing--) at = tail.IndexOf(close, at, StringComparison.Ordinal) + close.Length;
            middle += tail[..at];
            tail = tail[at..];
        }
    }

    private static int Count(string text, string part)
    {
        var count = 0;
        for (var at = text.IndexOf(part, StringComparison.Ordinal); at >= 0; at = text.IndexOf(part, at + part.Length, StringComparison.Ordinal)) count++;
        return count;
    }
}
