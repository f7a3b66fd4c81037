using Unmask.Text.Tokenizers.Alignment;
using Unmask.Text.Tokenizers.Matching;
using Unmask.Text.Unicode;

namespace Unmask.Text.Tokenizers.Vocabularies;

/// <summary>Finds added tokens in text: the leftmost first, of those the longest.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly TokenAutomaton _texts;
    private readonly List<(AddedToken Token, int Id, bool Special)> _tokens = [];

    /// <param name="tokens">What to look for, the token it belongs to, its id, and whether it is special. Of equal texts the first counts.</param>
    public AddedTokenMatcher(IEnumerable<(string Text, AddedToken Token, int Id, bool Special)> tokens)
    {
        _texts = new TokenAutomaton(
            tokens.Select((x, i) =>
            {
                _tokens.Add((x.Token, x.Id, x.Special));
                return (x.Text, i);
            }), fromRight: true);
    }

    /// <summary>Cuts the piece at the added tokens in it.</summary>
    public void Cut(Piece piece, bool parseSpecialTokens, List<Piece> into)
    {
        var text = piece.Span;
        int done = 0;
        if (_texts.LongestAt(text) is { } matches)
        {
            for (int at = 0; at < text.Length;)
            {
                int match = matches[at];
                if (match == TokenAutomaton.Root)
                {
                    at++;
                    continue;
                }
                int start = at, end = at + _texts.Length(match);
                at = end;
                var (token, id, special) = _tokens[_texts.Value(match)];
                if (special && !parseSpecialTokens) continue;
                if (token.SingleWord && (TouchesWordBefore(text, start) || TouchesWordAfter(text, end))) continue;
                (start, end) = WithWhiteSpace(text, token, start, end, done);
                if (start > done) into.Add(piece.Slice(done, start));
                // One that stands wholly in white space that another took along is gone.
                if (end > start) into.Add(piece.Slice(start, end, id));
                done = Math.Max(done, end);
            }
        }
        if (done < text.Length) into.Add(piece.Slice(done, text.Length));
    }

    /// <summary>The place of a token with the white space that it takes along.</summary>
    /// <param name="from">Where the text begins that no other token has.</param>
    public static (int Start, int End) WithWhiteSpace(ReadOnlySpan<char> text, AddedToken token, int start, int end, int from)
    {
        while (token.LeftStrip && start > from && CodePoints.IsWhiteSpace(text[start - 1])) start--;
        while (token.RightStrip && end < text.Length && CodePoints.IsWhiteSpace(text[end])) end++;
        if (token.LeftStrip) start = Math.Max(start, Math.Min(from, end));
        return (start, end);
    }

    private static bool TouchesWordBefore(ReadOnlySpan<char> text, int at) => at > 0 && IsWord(CodePoints.Before(text, at, out _));

    private static bool TouchesWordAfter(ReadOnlySpan<char> text, int at) => at < text.Length && IsWord(CodePoints.At(text, at, out _));

    private static bool IsWord(int c) => CodePoints.IsWord(c) || c is 0x200C or 0x200D;
}
