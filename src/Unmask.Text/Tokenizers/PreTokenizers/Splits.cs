using Unmask.Text.Patterns;
using Unmask.Text.Tokenizers.Alignment;
using Unmask.Text.Unicode;

namespace Unmask.Text.Tokenizers.PreTokenizers;

/// <summary>Cuts at the matches of a pattern, or, inverted, at what lies between them.</summary>
internal sealed class SplitPreTokenizer(Pattern pattern, SplitBehavior behavior, bool invert) : PreTokenizer
{
    [ThreadStatic]
    private static List<(int Start, int End, bool IsMatch)>? _parts;

    /// <summary>Runs of word characters and runs of other visible ones. Rust's \w counts the two joiners as well.</summary>
    public static SplitPreTokenizer Whitespace { get; } =
        new(Pattern.Regex(@"[\w\u200C\u200D]+|[^\w\u200C\u200D\s]+"), SplitBehavior.Removed, true);

    protected override void Cut(Piece piece, List<Piece> into)
    {
        var parts = _parts ??= [];
        pattern.Cut(piece.Span, parts);
        if (invert)
            for (int i = 0; i < parts.Count; i++) parts[i] = (parts[i].Start, parts[i].End, !parts[i].IsMatch);
        SplitBehaviors.Split(piece, parts, behavior, into);
    }
}

/// <summary>Cuts at every code point of a kind.</summary>
internal sealed class CharacterSplit(Func<int, bool> isDelimiter, SplitBehavior behavior) : PreTokenizer
{
    [ThreadStatic]
    private static List<(int Start, int End, bool IsMatch)>? _parts;

    protected override void Cut(Piece piece, List<Piece> into)
    {
        var parts = _parts ??= [];
        CutAt(piece.Span, isDelimiter, parts);
        SplitBehaviors.Split(piece, parts, behavior, into);
    }

    public static void CutAt(ReadOnlySpan<char> span, Func<int, bool> isDelimiter, List<(int Start, int End, bool IsMatch)> parts)
    {
        parts.Clear();
        int last = 0;
        for (int i = 0; i < span.Length;)
        {
            int c = CodePoints.At(span, i, out int units);
            if (isDelimiter(c))
            {
                if (i > last) parts.Add((last, i, false));
                parts.Add((i, i + units, true));
                last = i + units;
            }
            i += units;
        }
        if (last < span.Length) parts.Add((last, span.Length, false));
    }
}

/// <summary>Cuts into parts of a fixed number of code points.</summary>
internal sealed class FixedLength(int length) : PreTokenizer
{
    protected override void Cut(Piece piece, List<Piece> into)
    {
        var span = piece.Span;
        int start = 0, count = 0;
        for (int i = 0; i < span.Length;)
        {
            CodePoints.At(span, i, out int units);
            i += units;
            if (++count < length && i < span.Length) continue;
            into.Add(piece.Slice(start, i));
            (start, count) = (i, 0);
        }
    }
}

/// <summary>
/// Cuts where the script changes. Hiragana, Katakana and the long-vowel mark count as Han; blanks and characters of no script go with
/// what is before them, and are dropped at the very start (as in the library this follows).
/// </summary>
internal sealed class UnicodeScripts : PreTokenizer
{
    protected override void Cut(Piece piece, List<Piece> into)
    {
        var span = piece.Span;
        string? last = null;
        int start = span.Length;
        for (int i = 0; i < span.Length;)
        {
            int c = CodePoints.At(span, i, out int units);
            var script = ScriptOf(c);
            if (script is not null && script != last)
            {
                if (i > start) into.Add(piece.Slice(start, i));
                start = i;
            }
            last = script ?? last;
            i += units;
        }
        if (start < span.Length) into.Add(piece.Slice(start, span.Length));
    }

    private static string? ScriptOf(int c) => c switch
    {
        ' ' => null,
        0x30FC => "han",
        // The library's table of scripts is that of Unicode 9.0.
        0x589 or 0x61C => "common",
        0x953 or 0x954 => "devanagari",
        _ when UnicodeData.CameAfter(9, c) => null,
        _ => UnicodeData.ScriptOf(c) switch
        {
            "hiragana" or "katakana" => "han",
            "unknown" => null,
            var script => script,
        },
    };
}
