using System.Numerics;

namespace Unmask.Engine.Modeling.Quantization;

/// <summary>
/// Numbers of 4 bits whose 16 values lie where normally distributed weights do (NormalFloat4, Dettmers et al. 2023, arXiv 2305.14314), to the byte as
/// bitsandbytes has them: 64 weights share the largest magnitude among them, absmax; a weight is the value nearest to weight / absmax; two make a byte,
/// the first in its upper half.
/// </summary>
internal static class Nf4Format
{
    /// <summary>Weights that share one absmax, in the order of memory.</summary>
    public const int BlockSize = 64;

    /// <summary>Below this, an absmax is taken as this where it divides, so that a block of zeros stays one.</summary>
    public const float SmallestDivisor = 1e-38f;

    /// <summary>What the codes 0 to 15 stand for, ascending.</summary>
    public static ReadOnlySpan<float> Values =>
    [
        -1.0f, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f, -0.28444138169288635f, -0.18477343022823334f, -0.09105003625154495f, 0.0f,
        0.07958029955625534f, 0.16093020141124725f, 0.24611230194568634f, 0.33791524171829224f, 0.44070982933044434f, 0.5626170039176941f, 0.7229568362236023f, 1.0f,
    ];

    /// <summary>
    /// The 15 midpoints between neighboring <see cref="Values"/>; a number on one belongs to the lower code. Written out as in the original's kernels: the sum
    /// of two values does not always fit into float32.
    /// </summary>
    public static ReadOnlySpan<float> Boundaries =>
    [
        -0.8480964004993439f, -0.6106329262256622f, -0.4599952697753906f, -0.33967943489551544f, -0.23460740596055984f, -0.13791173323988914f, -0.045525018125772476f,
        0.03979014977812767f, 0.1202552504837513f, 0.2035212516784668f, 0.2920137718319893f, 0.3893125355243683f, 0.5016634166240692f, 0.6427869200706482f, 0.8614784181118011f,
    ];

    /// <summary>Blocks of <paramref name="count"/> weights; the last may be short.</summary>
    public static long Blocks(long count) => (count + BlockSize - 1) / BlockSize;

    /// <summary>Bytes of <paramref name="count"/> codes. The lower half of the last byte of an odd count is unused and holds code 7, zero.</summary>
    public static long PackedBytes(long count) => (count + 1) / 2;

    /// <summary>Quantizes weights that begin at the start of a block.</summary>
    /// <param name="weights">Any number.</param>
    /// <param name="packed"><see cref="PackedBytes"/> bytes.</param>
    /// <param name="absmax"><see cref="Blocks"/> numbers; NaN or infinite where a weight of the block is.</param>
    public static void Quantize(ReadOnlySpan<float> weights, Span<byte> packed, Span<float> absmax)
    {
        Span<int> codes = stackalloc int[BlockSize];
        for (var block = 0; block * BlockSize < weights.Length; block++)
        {
            var at = block * BlockSize;
            var part = weights[at..Math.Min(at + BlockSize, weights.Length)];
            absmax[block] = LargestMagnitude(part);
            // As the original: times the reciprocal. Dividing would round otherwise, and now and then give the code beside.
            Codes(part, 1 / MathF.Max(absmax[block], SmallestDivisor), codes);
            codes[part.Length..].Fill(7);
            for (var k = 0; 2 * k < part.Length; k++) packed[at / 2 + k] = (byte)(codes[2 * k] << 4 | codes[2 * k + 1]);
        }
    }

    /// <summary>Float32 numbers of the bits of bfloat16 ones.</summary>
    public static void Widen(ReadOnlySpan<ushort> bits, Span<float> numbers)
    {
        var i = 0;
        for (; i <= bits.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(bits[i..]), out var lower, out var upper);
            (lower << 16).As<uint, float>().CopyTo(numbers[i..]);
            (upper << 16).As<uint, float>().CopyTo(numbers[(i + Vector<uint>.Count)..]);
        }

        for (; i < bits.Length; i++) numbers[i] = BitConverter.UInt32BitsToSingle((uint)bits[i] << 16);
    }

    private static float LargestMagnitude(ReadOnlySpan<float> part)
    {
        var largest = 0f;
        var i = 0;
        if (Vector.IsHardwareAccelerated && part.Length >= Vector<float>.Count)
        {
            var lanes = Vector<float>.Zero;
            for (; i <= part.Length - Vector<float>.Count; i += Vector<float>.Count) lanes = Vector.Max(lanes, Vector.Abs(new Vector<float>(part[i..])));
            for (var lane = 0; lane < Vector<float>.Count; lane++) largest = MathF.Max(largest, lanes[lane]);
        }

        for (; i < part.Length; i++) largest = MathF.Max(largest, MathF.Abs(part[i]));
        return largest;
    }

    /// <summary>The code of a number is how many boundaries it exceeds.</summary>
    private static void Codes(ReadOnlySpan<float> part, float factor, Span<int> codes)
    {
        var i = 0;
        if (Vector.IsHardwareAccelerated)
        {
            for (; i <= part.Length - Vector<float>.Count; i += Vector<float>.Count)
            {
                var x = new Vector<float>(part[i..]) * factor;
                var code = Vector<int>.Zero;
                // A comparison that holds has all bits set, -1.
                foreach (var boundary in Boundaries) code -= Vector.GreaterThan(x, new Vector<float>(boundary));
                code.CopyTo(codes[i..]);
            }
        }

        for (; i < part.Length; i++)
        {
            var x = part[i] * factor;
            var code = 0;
            foreach (var boundary in Boundaries) code += x > boundary ? 1 : 0;
            codes[i] = code;
        }
    }
}
