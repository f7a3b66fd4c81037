using Unmask.Text.Patterns;
using Unmask.Text.Tokenizers.Alignment;
using Unmask.Text.Tokenizers.Normalizers;

namespace Unmask.Text.Tokenizers.PreTokenizers;

/// <summary>GPT-2's way: words with the blank before them, then each byte as a visible character.</summary>
internal sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool useRegex) : PreTokenizer
{
    private static readonly SplitPreTokenizer _words = new(
        Pattern.Regex(@"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"), SplitBehavior.Isolated, false);

    public override List<Piece> Apply(List<Piece> pieces)
    {
        if (addPrefixSpace)
        {
            for (int i = 0; i < pieces.Count; i++)
                if (!pieces[i].IsToken && !pieces[i].Span.StartsWith(" ")) pieces[i] = Prepend.Apply(pieces[i], " ");
        }
        if (useRegex) pieces = _words.Apply(pieces);
        // Neighbors that are parts of one text are written as one: a text is a handful of arrays, not a handful a word.
        for (int first = 0; first < pieces.Count;)
        {
            if (pieces[first].IsToken)
            {
                first++;
                continue;
            }
            int end = first + 1;
            while (end < pieces.Count && Adjoins(pieces[end - 1], pieces[end])) end++;
            WriteBytes(pieces, first, end);
            first = end;
        }
        return pieces;
    }

    protected override void Cut(Piece piece, List<Piece> into) => into.AddRange(Apply([piece]));

    private static bool Adjoins(Piece left, Piece right) =>
        !right.IsToken && ReferenceEquals(left.Text, right.Text) && left.Start + left.Length == right.Start;

    private static void WriteBytes(List<Piece> pieces, int first, int end)
    {
        var text = pieces[first].Text;
        int start = pieces[first].Start, length = pieces[end - 1].Start + pieces[end - 1].Length - start;
        var written = ByteLevelNormalizer.Apply(new Piece(text, start, length, pieces[first].OriginalStart));
        int at = 0;
        for (int i = first; i < end; i++)
        {
            int size = System.Text.Encoding.UTF8.GetByteCount(pieces[i].Span);
            pieces[i] = new Piece(written.Text, at, size, pieces[i].OriginalStart);
            at += size;
        }
    }
}
