using Unmask.Text.Patterns;
using Unmask.Text.Tokenizers.Alignment;
using Unmask.Text.Unicode;

namespace Unmask.Text.Tokenizers.Normalizers;

/// <summary>NFC, NFD, NFKC or NFKD.</summary>
internal sealed class UnicodeForm(bool compose, bool compatibility) : Normalizer
{
    private readonly int _firstAffected = NormalizationForms.FirstAffected(compose, compatibility);

    public override Piece Normalize(Piece piece)
    {
        var span = piece.Span;
        if (!span.ContainsAnyExceptInRange('\0', (char)(_firstAffected - 1))) return piece;
        var rewriting = new Rewriting(piece);
        foreach (var (codePoint, change) in NormalizationForms.Normalize(span, compose, compatibility)) rewriting.Put(codePoint, change);
        return rewriting.ToPiece();
    }
}

/// <summary>Lower case, code point by code point (no final sigma, no language rules).</summary>
internal sealed class Lowercase : Normalizer
{
    public override Piece Normalize(Piece piece)
    {
        var span = piece.Span;
        var rewriting = new Rewriting(piece);
        for (int i = 0; i < span.Length;)
        {
            int lower = CodePoints.ToLower(CodePoints.At(span, i, out int units), out int second);
            i += units;
            rewriting.Put(lower, 0);
            if (second != 0) rewriting.Put(second, 1);
        }
        return rewriting.ToPiece();
    }
}

/// <summary>Takes white space off the ends.</summary>
internal sealed class Strip(bool left, bool right) : Normalizer
{
    public override Piece Normalize(Piece piece)
    {
        var span = piece.Span;
        int start = 0, end = span.Length;
        while (left && start < end && CodePoints.IsWhiteSpace(span[start])) start++;
        while (right && end > start && CodePoints.IsWhiteSpace(span[end - 1])) end--;
        // Unlike a slice the part keeps its place in the original, as only text is taken away.
        return piece with { Start = piece.Start + start, Length = end - start };
    }
}

/// <summary>Puts a fixed text in place of every match.</summary>
internal sealed class Replace(Pattern pattern, string content) : Normalizer
{
    [ThreadStatic]
    private static List<(int Start, int End, bool IsMatch)>? _parts;

    public override Piece Normalize(Piece piece)
    {
        var parts = _parts ??= [];
        pattern.Cut(piece.Span, parts);
        if (!parts.Exists(p => p.IsMatch)) return piece;
        var rewriting = new Rewriting(piece);
        foreach (var (start, end, isMatch) in parts)
        {
            if (!isMatch)
            {
                rewriting.Copy(end - start);
                continue;
            }
            for (int i = start; i < end;)
            {
                CodePoints.At(piece.Span, i, out int units);
                rewriting.Skip(1);
                i += units;
            }
            for (int i = 0; i < content.Length;)
            {
                rewriting.Put(CodePoints.At(content, i, out int units), 1);
                i += units;
            }
        }
        return rewriting.ToPiece();
    }
}

/// <summary>Puts a fixed text before anything that is not empty.</summary>
internal sealed class Prepend(string content) : Normalizer
{
    public override Piece Normalize(Piece piece) => Apply(piece, content);

    /// <summary>The piece with <paramref name="content"/> before it; the new characters share the origin of its first one.</summary>
    public static Piece Apply(Piece piece, string content)
    {
        if (piece.Length == 0 || content.Length == 0) return piece;
        var rewriting = new Rewriting(piece);
        for (int i = 0; i < content.Length;)
        {
            rewriting.Put(CodePoints.At(content, i, out int units), i == 0 ? 0 : 1);
            i += units;
        }
        int first = CodePoints.At(piece.Span, 0, out int firstUnits);
        rewriting.Put(first, 1);
        rewriting.Copy(piece.Length - firstUnits);
        return rewriting.ToPiece();
    }
}

/// <summary>Drops or replaces single code points: a map to the new one, or -1 to drop.</summary>
internal sealed class CharacterFilter(Func<int, int> map) : Normalizer
{
    public static CharacterFilter StripAccents { get; } = new(c => CodePoints.IsMark(c) ? -1 : c);

    /// <summary>The rules of the nmt_nfkc normalization of SentencePiece that are not NFKC.</summary>
    public static CharacterFilter Nmt { get; } = new(c => c switch
    {
        >= 1 and <= 8 or 0xB or >= 0xE and <= 0x1F or 0x7F or 0x8F or 0x9F => -1,
        9 or 0xA or 0xC or 0xD or 0x1680 or >= 0x200B and <= 0x200F or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD => ' ',
        _ => c,
    });

    public override Piece Normalize(Piece piece) => Apply(piece, map);

    public static Piece Apply(Piece piece, Func<int, int> map)
    {
        var span = piece.Span;
        var rewriting = new Rewriting(piece);
        for (int i = 0; i < span.Length;)
        {
            int mapped = map(CodePoints.At(span, i, out int units));
            i += units;
            if (mapped < 0) rewriting.Skip(1);
            else rewriting.Put(mapped, 0);
        }
        return rewriting.ToPiece();
    }
}
