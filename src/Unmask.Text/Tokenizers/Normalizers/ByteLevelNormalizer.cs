using Unmask.Text.Tokenizers.Alignment;
using Unmask.Text.Unicode;

namespace Unmask.Text.Tokenizers.Normalizers;

/// <summary>Writes each byte of the text's UTF-8 form as one visible character (GPT-2's table).</summary>
internal sealed class ByteLevelNormalizer : Normalizer
{
    public override Piece Normalize(Piece piece) => Apply(piece);

    public static Piece Apply(Piece piece)
    {
        var span = piece.Span;
        if (System.Text.Ascii.IsValid(span)) return InPlace(piece);
        var rewriting = new Rewriting(piece);
        Span<byte> bytes = stackalloc byte[4];
        for (int i = 0; i < span.Length;)
        {
            int c = CodePoints.At(span, i, out int units);
            i += units;
            if (!System.Text.Rune.IsValid(c)) c = 0xFFFD;
            int count = new System.Text.Rune(c).EncodeToUtf8(bytes);
            for (int k = 0; k < count; k++) rewriting.Put(ByteCharacters.Of(bytes[k]), k == 0 ? 0 : 1);
        }
        return rewriting.ToPiece();
    }

    // One byte a character: the alignment stays as it is.
    private static Piece InPlace(Piece piece)
    {
        var units = new char[piece.Length];
        var span = piece.Span;
        for (int i = 0; i < units.Length; i++) units[i] = ByteCharacters.Of((byte)span[i]);
        var starts = new int[piece.Length];
        var ends = new int[piece.Length];
        for (int i = 0; i < units.Length; i++) (starts[i], ends[i]) = piece.OriginOf(i);
        return new Piece(new AlignedText(units, starts, ends, piece.Text.Limit), 0, units.Length, piece.OriginalStart);
    }
}
