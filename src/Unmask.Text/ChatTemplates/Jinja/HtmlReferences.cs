using System.Text;

namespace Unmask.Text.ChatTemplates.Jinja;

/// <summary>Character references of HTML back to characters, as Python's <c>html.unescape</c> reads them: all names of the standard, .NET knows those of HTML 4.</summary>
internal static class HtmlReferences
{
    private const int LongestName = 32;

    /// <summary>What the numbers 128 to 159 stand for: Windows-1252.</summary>
    private const string Windows = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

    private static readonly Lazy<Dictionary<string, string>> _names = new(Read);

    public static string Decode(string text, RenderBudget budget)
    {
        budget.Scan(text.Length);
        var next = text.IndexOf('&');
        if (next < 0) return text;
        var result = new StringBuilder();
        var from = 0;
        for (; next >= 0; next = text.IndexOf('&', from))
        {
            budget.Step();
            Append(text.AsSpan(from, next - from));
            from = next;
            var end = End(text, next + 1);
            if (end < 0)
            {
                Append("&");
                from++;
                continue;
            }

            var reference = text[(next + 1)..end];
            Append(reference[0] == '#' ? Numbered(reference) : Named(reference));
            from = end;
        }

        Append(text.AsSpan(from));
        return result.ToString();

        void Append(ReadOnlySpan<char> part)
        {
            budget.Text(part.Length);
            result.Append(part);
        }
    }

    /// <summary>Where the reference ends that may begin here, its semicolon included; -1 where there is none.</summary>
    private static int End(string text, int start)
    {
        var at = start;
        if (at < text.Length && text[at] == '#')
        {
            at++;
            var isHex = at < text.Length && text[at] is 'x' or 'X';
            if (isHex) at++;
            var digits = at;
            while (at < text.Length && (isHex ? char.IsAsciiHexDigit(text[at]) : char.IsAsciiDigit(text[at]))) at++;
            if (at == digits) return -1;
        }
        else
        {
            for (var count = 0; at < text.Length && count < LongestName && text[at] is not ('\t' or '\n' or '\f' or ' ' or '<' or '&' or '#' or ';'); count++) at += PythonText.Width(text, at);
            if (at == start) return -1;
        }

        return at < text.Length && text[at] == ';' ? at + 1 : at;
    }

    private static string Named(string reference)
    {
        var names = _names.Value;
        for (var length = reference.Length; length > 1; length--)
        {
            if (names.TryGetValue(reference[..length], out var text)) return text + reference[length..];
        }

        return "&" + reference;
    }

    private static string Numbered(string reference)
    {
        var isHex = reference[1] is 'x' or 'X';
        var code = 0;
        foreach (var digit in reference.AsSpan(isHex ? 2 : 1).TrimEnd(';'))
        {
            code = (code * (isHex ? 16 : 10)) + Convert.ToInt32(digit.ToString(), 16);
            if (code > 0x10ffff) return "\ufffd";
        }

        return code switch
        {
            0 or (>= 0xd800 and <= 0xdfff) => "\ufffd",
            '\r' => "\r",
            >= 0x80 and <= 0x9f => Windows[code - 0x80].ToString(),
            < ' ' and not ('\t' or '\n' or '\f') or 0x7f or (>= 0xfdd0 and <= 0xfdef) => "",
            _ when (code & 0xfffe) == 0xfffe => "",
            _ => char.ConvertFromUtf32(code),
        };
    }

    private static Dictionary<string, string> Read()
    {
        using var stream = typeof(HtmlReferences).Assembly.GetManifestResourceStream("html-entities.txt")!;
        using var reader = new StreamReader(stream);
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
        {
            if (line[0] == '#') continue;
            var parts = line.Split(' ');
            var name = parts[0].TrimEnd('?');
            var text = string.Concat(parts.Skip(1).Select(code => char.ConvertFromUtf32(int.Parse(code, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture))));
            names[name + ";"] = text;
            if (name.Length < parts[0].Length) names[name] = text;
        }

        return names;
    }
}
