using Unmask.Text.Tokenizers.Alignment;
using Unmask.Text.Unicode;

namespace Unmask.Text.Tokenizers.Normalizers;

/// <summary>BERT's clean-up: control characters out, blanks round Chinese characters, accents off, lower case.</summary>
/// <param name="stripAccents">Null means: as <paramref name="lowercase"/> says.</param>
internal sealed class BertNormalizer(bool cleanText, bool handleChinese, bool? stripAccents, bool lowercase) : Normalizer
{
    private static readonly UnicodeForm _decompose = new(false, false);
    private static readonly Lowercase _lower = new();

    public override Piece Normalize(Piece piece)
    {
        if (cleanText)
        {
            piece = CharacterFilter.Apply(piece, c =>
                c is 0 or 0xFFFD || CodePoints.IsBertControl(c) ? -1 : CodePoints.IsWhiteSpace(c) ? ' ' : c);
        }
        if (handleChinese) piece = SetChineseApart(piece);
        if (stripAccents ?? lowercase)
        {
            piece = _decompose.Normalize(piece);
            if (piece.Span.ContainsAnyExceptInRange('\0', '\u02FF')) piece = CharacterFilter.Apply(piece, c => CodePoints.IsNonspacingMark(c) ? -1 : c);
        }
        return lowercase ? _lower.Normalize(piece) : piece;
    }

    private static Piece SetChineseApart(Piece piece)
    {
        var span = piece.Span;
        if (!span.ContainsAnyExceptInRange('\0', '\u33FF')) return piece;
        var rewriting = new Rewriting(piece);
        for (int i = 0; i < span.Length;)
        {
            int c = CodePoints.At(span, i, out int units);
            i += units;
            if (!CodePoints.IsChinese(c))
            {
                rewriting.Put(c, 0);
                continue;
            }
            rewriting.Put(' ', 0);
            rewriting.Put(c, 1);
            rewriting.Put(' ', 1);
        }
        return rewriting.ToPiece();
    }
}
