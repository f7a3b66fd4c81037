using System.Buffers;
using Unmask.Engine.Text.Alignment;
using Unmask.Engine.Text.Unicode;

namespace Unmask.Engine.Text.Vocabularies;

/// <summary>Finds added tokens in text: the leftmost first, of those the longest (a trie over UTF-16 units).</summary>
internal sealed class AddedTokenMatcher
{
    private readonly Node _root = new();
    private readonly SearchValues<char> _firstUnits;

    /// <param name="tokens">What to look for, the token it belongs to and its id. Of equal texts the first counts.</param>
    public AddedTokenMatcher(IEnumerable<(string Text, AddedToken Token, int Id)> tokens)
    {
        foreach (var (text, token, id) in tokens)
        {
            if (text.Length == 0) continue;
            var node = _root;
            foreach (var unit in text)
            {
                if (!node.Next.TryGetValue(unit, out var next)) node.Next[unit] = next = new Node();
                node = next;
            }
            if (node.Token is not null) continue;
            (node.Token, node.Id) = (token, id);
        }
        _firstUnits = SearchValues.Create([.. _root.Next.Keys]);
    }

    /// <summary>Cuts the piece at the added tokens in it.</summary>
    public void Cut(Piece piece, bool parseSpecialTokens, List<Piece> into)
    {
        var text = piece.Span;
        int done = 0;
        for (int at = 0; at < text.Length;)
        {
            int distance = text[at..].IndexOfAny(_firstUnits);
            if (distance < 0) break;
            at += distance;
            if (Longest(text, at, out int length) is not { } node)
            {
                at++;
                continue;
            }
            int start = at, end = at + length;
            at = end;
            var token = node.Token!;
            if (token.Special && !parseSpecialTokens) continue;
            if (token.SingleWord && (TouchesWordBefore(text, start) || TouchesWordAfter(text, end))) continue;
            if (token.LeftStrip)
            {
                while (start > done && CodePoints.IsWhiteSpace(text[start - 1])) start--;
            }
            if (token.RightStrip)
            {
                while (end < text.Length && CodePoints.IsWhiteSpace(text[end])) end++;
            }
            if (start > done) into.Add(piece.Slice(done, start));
            into.Add(piece.Slice(start, end, node.Id));
            done = end;
        }
        if (done < text.Length) into.Add(piece.Slice(done, text.Length));
    }

    private Node? Longest(ReadOnlySpan<char> text, int at, out int length)
    {
        Node? best = null;
        length = 0;
        var node = _root;
        for (int i = at; i < text.Length && node.Next.TryGetValue(text[i], out var next); i++)
        {
            node = next;
            if (node.Token is null) continue;
            best = node;
            length = i + 1 - at;
        }
        return best;
    }

    private static bool TouchesWordBefore(ReadOnlySpan<char> text, int at) => at > 0 && IsWord(CodePoints.Before(text, at, out _));

    private static bool TouchesWordAfter(ReadOnlySpan<char> text, int at) => at < text.Length && IsWord(CodePoints.At(text, at, out _));

    private static bool IsWord(int c) => CodePoints.IsWord(c) || c is 0x200C or 0x200D;

    private sealed class Node
    {
        public Dictionary<char, Node> Next { get; } = [];
        public AddedToken? Token { get; set; }
        public int Id { get; set; }
    }
}
