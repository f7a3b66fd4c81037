namespace Unmask.Text.Tokenizers.Alignment;

/// <summary>
/// Text under way through normalization: UTF-16 units, each with the range of the original text it came from. Without
/// <c>Starts</c> and <c>Ends</c> the text still is the original, unit by unit.
/// </summary>
/// <param name="limit">The most units that the text may grow to.</param>
internal sealed class AlignedText(char[] units, int[]? starts, int[]? ends, int limit)
{
    // No form of Unicode makes more than 18 characters of one, and none of the byte-level forms more than 4.
    private const int MostGrowth = 100, SomeGrowth = 10_000;

    public static AlignedText Original(string text) => new(text.ToCharArray(), null, null, (int)Math.Min(int.MaxValue, (long)text.Length * MostGrowth + SomeGrowth));

    public int Limit => limit;

    public char[] Units { get; } = units;

    public int[]? Starts { get; } = starts;

    public int[]? Ends { get; } = ends;

    /// <summary>Where the unit at <paramref name="index"/> came from: a half-open range of UTF-16 units of the original.</summary>
    public (int Start, int End) OriginOf(int index) => Starts is null ? (index, index + 1) : (Starts[index], Ends![index]);

    public int OriginalStart(int index) => Starts is null ? index : Starts[index];

    public int OriginalEnd(int lastIndex) => Ends is null ? lastIndex + 1 : Ends[lastIndex];
}

/// <summary>
/// A part of an <see cref="AlignedText"/>: what one step of the pipeline hands to the next. <paramref name="TokenId"/> is not
/// negative when the part is an added token and so is finished.
/// </summary>
/// <param name="OriginalStart">Where the part begins in the original text, in UTF-16 units.</param>
internal readonly record struct Piece(AlignedText Text, int Start, int Length, int OriginalStart, int TokenId = -1)
{
    public static Piece Whole(AlignedText text) => new(text, 0, text.Units.Length, 0);

    public ReadOnlySpan<char> Span => Text.Units.AsSpan(Start, Length);

    public bool IsToken => TokenId >= 0;

    /// <summary>The part [start, end) of this part.</summary>
    public Piece Slice(int start, int end, int tokenId = -1) =>
        new(Text, Start + start, end - start, start < end ? Text.OriginalStart(Start + start) : OriginalStart, tokenId);

    /// <summary>Origin of the unit at <paramref name="index"/> within this part.</summary>
    public (int Start, int End) OriginOf(int index) => Text.OriginOf(Start + index);
}
