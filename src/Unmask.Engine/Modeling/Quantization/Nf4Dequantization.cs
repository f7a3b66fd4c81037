using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Unmask.Engine.Modeling.Quantization;

/// <summary>Which instructions to dequantize by. All give the same bits.</summary>
internal enum Nf4Instructions
{
    Scalar,
    Avx2,
    Avx512,
}

/// <summary>
/// From codes back to weights: value times absmax, rounded to nearest even where the target is bfloat16. A block has 16 different weights at most, so these
/// are computed once and looked up: in registers, by the permutations of the processor.
/// </summary>
internal static unsafe class Nf4Dequantization
{
    /// <summary>The fastest that this processor has.</summary>
    public static Nf4Instructions Best { get; } = Avx512BW.IsSupported ? Nf4Instructions.Avx512 : Avx2.IsSupported ? Nf4Instructions.Avx2 : Nf4Instructions.Scalar;

    /// <summary>Dequantizes weights that begin at the start of a block.</summary>
    /// <typeparam name="T">float, or ushort for the bits of bfloat16.</typeparam>
    /// <param name="packed">Codes, two a byte.</param>
    /// <param name="absmax">One number a block.</param>
    /// <param name="weights">Receives as many weights as it is long.</param>
    /// <param name="by">Instructions; the best when null.</param>
    public static void Run<T>(ReadOnlySpan<byte> packed, ReadOnlySpan<float> absmax, Span<T> weights, Nf4Instructions? by = null) where T : unmanaged
    {
        var blocks = weights.Length / Nf4Format.BlockSize;
        fixed (byte* codes = packed)
        fixed (float* scales = absmax)
        fixed (T* target = weights)
        {
            switch (by ?? Best)
            {
                case Nf4Instructions.Avx512:
                    for (var block = 0; block < blocks; block++) Block512(codes + block * 32, scales[block], target + block * Nf4Format.BlockSize);
                    break;
                case Nf4Instructions.Avx2:
                    for (var block = 0; block < blocks; block++) Block256(codes + block * 32, scales[block], target + block * Nf4Format.BlockSize);
                    break;
                default:
                    for (var block = 0; block < blocks; block++) Few(codes + block * 32, scales[block], target + block * Nf4Format.BlockSize, Nf4Format.BlockSize);
                    break;
            }

            var done = blocks * Nf4Format.BlockSize;
            if (done < weights.Length) Few(codes + blocks * 32, scales[blocks], target + done, weights.Length - done);
        }
    }

    private static void Few<T>(byte* packed, float absmax, T* target, int count) where T : unmanaged
    {
        for (var i = 0; i < count; i++)
        {
            var weight = Nf4Format.Values[i % 2 == 0 ? packed[i / 2] >> 4 : packed[i / 2] & 15] * absmax;
            if (typeof(T) == typeof(float)) ((float*)target)[i] = weight;
            else ((ushort*)target)[i] = Bfloat16Bits(weight);
        }
    }

    private static ushort Bfloat16Bits(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block512<T>(byte* packed, float absmax, T* target) where T : unmanaged
    {
        ref var values = ref MemoryMarshal.GetReference(Nf4Format.Values);
        var table = Vector512.LoadUnsafe(ref values) * absmax;
        if (typeof(T) == typeof(float))
        {
            for (var i = 0; i < 4; i++)
            {
                // A byte in each 64-bit lane becomes two 32-bit indices; the permutation looks at their lowest 4 bits only.
                var pair = Avx512F.ConvertToVector512UInt64(Vector128.CreateScalarUnsafe(((ulong*)packed)[i]).AsByte());
                var index = ((pair >> 4) | (pair << 32)).AsInt32();
                Avx512F.PermuteVar16x32(table, index).Store((float*)target + 16 * i);
            }
        }
        else
        {
            var bits = table.AsUInt32();
            var rounded = Avx512F.ConvertToVector256UInt16((bits + Vector512.Create(0x7fffu) + ((bits >> 16) & Vector512<uint>.One)) >> 16);
            // Twice, since the permutation of 16-bit lanes looks at 5 bits.
            var halves = Vector512.Create(rounded, rounded);
            for (var i = 0; i < 2; i++)
            {
                var pair = Avx512F.ConvertToVector512UInt32(Vector128.Load(packed + 16 * i));
                var index = ((pair >> 4) | (pair << 16)).AsUInt16();
                Avx512BW.PermuteVar32x16(halves, index).Store((ushort*)target + 32 * i);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block256<T>(byte* packed, float absmax, T* target) where T : unmanaged
    {
        ref var values = ref MemoryMarshal.GetReference(Nf4Format.Values);
        var (low, high) = (Vector256.LoadUnsafe(ref values) * absmax, Vector256.LoadUnsafe(ref values, 8) * absmax);
        for (var i = 0; i < 8; i++)
        {
            var pair = Avx2.ConvertToVector256Int64(Vector128.CreateScalarUnsafe(((uint*)packed)[i]).AsByte()).AsUInt64();
            var index = ((pair >> 4) | ((pair & Vector256.Create(15ul)) << 32)).AsInt32();
            // Bit 3 chooses the half of the table; shifted to the top it is the sign by which the blend goes.
            var weights = Avx.BlendVariable(Avx2.PermuteVar8x32(low, index), Avx2.PermuteVar8x32(high, index), (index << 28).AsSingle());
            if (typeof(T) == typeof(float))
            {
                weights.Store((float*)target + 8 * i);
                continue;
            }

            var bits = weights.AsUInt32();
            var rounded = (bits + Vector256.Create(0x7fffu) + ((bits >> 16) & Vector256<uint>.One)) >> 16;
            Vector128.Narrow(rounded.GetLower(), rounded.GetUpper()).Store((ushort*)target + 8 * i);
        }
    }
}
