using System.Buffers;

namespace Unmask.Primitives;

/// <summary>Text of a stranger (a model's settings, a run's log, a card) as a terminal may get it: nothing in it moves the cursor, names the window, fills the clipboard or turns letters around.</summary>
public static class TerminalText
{
    private const char Unknown = '\uFFFD';

    /// <summary>C0 without tab and line feed, DEL, and C1.</summary>
    private static readonly SearchValues<char> controls = SearchValues.Create([.. Enumerable.Range(0, 0x20).Where(code => code is not ('\t' or '\n')).Concat(Enumerable.Range(0x7F, 0x21)).Select(code => (char)code)]);

    /// <summary>The same, and what turns the direction of letters or ends a line besides.</summary>
    private static readonly SearchValues<char> all = SearchValues.Create([.. Enumerable.Range(0, 0x20).Where(code => code is not ('\t' or '\n')).Concat(Enumerable.Range(0x7F, 0x21)).Concat(Enumerable.Range(0x202A, 5)).Concat(Enumerable.Range(0x2066, 4)).Concat([0x061C, 0x2028, 0x2029]).Select(code => (char)code)]);

    /// <summary>The text with a sign in the place of each such character; a line end of Windows stays one.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="directions">Also what turns the direction of letters, which is part of a text in some languages.</param>
    public static string Clean(string text, bool directions = true)
    {
        var values = directions ? all : controls;
        return text.AsSpan().ContainsAny(values) ? Cleaned(text, values) : text;
    }

    private static string Cleaned(string text, SearchValues<char> values) => string.Create(text.Length, (text, values), static (cleaned, state) =>
    {
        state.text.CopyTo(cleaned);
        for (var i = 0; i < cleaned.Length; i++)
        {
            if (!state.values.Contains(cleaned[i]) || (cleaned[i] == '\r' && i + 1 < cleaned.Length && cleaned[i + 1] == '\n')) continue;
            // Unicode has a picture of each control character of ASCII.
            cleaned[i] = cleaned[i] switch { < ' ' => (char)(0x2400 + cleaned[i]), '\x7f' => '\u2421', _ => Unknown };
        }
    });
}
