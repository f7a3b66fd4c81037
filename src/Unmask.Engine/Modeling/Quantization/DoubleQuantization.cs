namespace Unmask.Engine.Modeling.Quantization;

/// <summary>
/// Absmax of blocks in 8 bits instead of 32 (Dettmers et al. 2023, arXiv 2305.14314, section 3): less their mean, in blocks of 256 that share a magnitude, as
/// the nearest value of the <see cref="DynamicMap"/>.
/// </summary>
internal static class DoubleQuantization
{
    public const int BlockSize = 256;

    public static long Blocks(long count) => (count + BlockSize - 1) / BlockSize;

    /// <summary>Quantizes numbers that begin at the start of a block.</summary>
    /// <param name="absmax">Finite.</param>
    /// <param name="offset">The mean of all.</param>
    /// <param name="codes">One for each of <paramref name="absmax"/>.</param>
    /// <param name="nested">Receives the largest |absmax - offset| of each block.</param>
    public static void Quantize(ReadOnlySpan<float> absmax, float offset, Span<byte> codes, Span<float> nested)
    {
        for (var block = 0; block * BlockSize < absmax.Length; block++)
        {
            var from = block * BlockSize;
            var to = Math.Min(from + BlockSize, absmax.Length);
            var largest = 0f;
            foreach (var one in absmax[from..to]) largest = MathF.Max(largest, MathF.Abs(one - offset));
            nested[block] = largest;
            var factor = 1 / MathF.Max(largest, Nf4Format.SmallestDivisor);
            for (var i = from; i < to; i++) codes[i] = DynamicMap.Nearest((absmax[i] - offset) * factor);
        }
    }

    /// <summary>map[code] * nested + offset, rounded after each; <paramref name="first"/> is the place of the first code among all.</summary>
    public static void Dequantize(ReadOnlySpan<byte> codes, int first, ReadOnlySpan<float> map, ReadOnlySpan<float> nested, float offset, Span<float> absmax)
    {
        for (var i = 0; i < codes.Length; i++)
        {
            var product = map[codes[i]] * nested[(first + i) / BlockSize];
            absmax[i] = product + offset;
        }
    }
}
