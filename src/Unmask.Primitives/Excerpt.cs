namespace Unmask.Primitives;

/// <summary>What sentences show of texts that come from outside: not more than a person reads, on one line.</summary>
public static class Excerpt
{
    private const int LongestQuote = 200;
    private const int LongestSentence = 2000;

    /// <summary>How much of a long sentence's end stays: there it tells what is allowed and what to do.</summary>
    private const int SentenceEnd = 500;

    /// <summary>The beginning of a text, with a sign in the place of each line end and of what a terminal would act on.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="longest">UTF-16 units; of a longer text it is told how long it is.</param>
    public static string Of(string text, int longest = LongestQuote)
    {
        string shown = text.Length <= longest ? text : Beginning(text, longest);
        string line = TerminalText.Clean(shown).ReplaceLineEnding();
        return text.Length <= longest ? line : string.Create(CultureInfo.InvariantCulture, $"{line}… ({text.Length:N0} characters)");
    }

    /// <summary>The beginning and the end of a text on one line: for words of a library, which say what is wrong behind what they quote.</summary>
    /// <param name="text">Any text.</param>
    public static string OfBothEnds(string text) => TerminalText.Clean(BothEnds(text, LongestQuote, LongestQuote / 2)).ReplaceLineEnding();

    /// <summary>A sentence without what a terminal would act on; of one that quotes more than anyone reads, its beginning and its end.</summary>
    public static string Sentence(string sentence) => TerminalText.Clean(BothEnds(sentence, LongestSentence, SentenceEnd), directions: false);

    private static string BothEnds(string text, int longest, int last)
    {
        if (text.Length <= longest) return text;
        int end = text.Length - last;
        if (char.IsLowSurrogate(text[end])) end++;
        return $"{Beginning(text, longest - last)} … {text[end..]}";
    }

    private static string Beginning(string text, int length) => text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];

    private static string ReplaceLineEnding(this string text) => text.Replace('\r', '\u240D').Replace('\n', '\u240A').Replace('\t', ' ');
}
