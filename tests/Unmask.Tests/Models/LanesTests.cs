using System.Runtime.Intrinsics;
using Unmask.Engine.Tensors;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Models;

/// <summary>Registers of either width against LibTorch and plain arithmetic; the runtime emulates those the processor has not.</summary>
public sealed class LanesTests
{
    [Fact]
    public void Bfloat16_is_that_of_LibTorch_in_256_bits() => Bfloat16_is_that_of_LibTorch<Lanes256, Vector256<float>>();

    [Fact]
    public void Bfloat16_is_that_of_LibTorch_in_512_bits() => Bfloat16_is_that_of_LibTorch<Lanes512, Vector512<float>>();

    [Fact]
    public void Lanes_are_reduced_and_masked_in_256_bits() => Lanes_are_reduced_and_masked<Lanes256, Vector256<float>>();

    [Fact]
    public void Lanes_are_reduced_and_masked_in_512_bits() => Lanes_are_reduced_and_masked<Lanes512, Vector512<float>>();

    private static unsafe void Bfloat16_is_that_of_LibTorch<TLanes, TVector>() where TLanes : struct, ILanes<TVector> where TVector : unmanaged
    {
        using var scope = NewDisposeScope();
        // Beside numbers at random: exactly between two of bfloat16, where the even one is due, and the ends of the range.
        float[] numbers = [1 + 1 / 256f, 1 + 3 / 256f, -1 - 1 / 256f, 0, float.MaxValue, float.NegativeInfinity, 1e-40f, 65504, .. Enumerable.Range(1, 56).Select(i => MathF.Sin(i) * MathF.Exp(i - 28))];
        var rounded = tensor(numbers).to(ScalarType.BFloat16).to(ScalarType.Float32).data<float>().ToArray();
        var (bits, widened) = (new ushort[numbers.Length], new float[numbers.Length]);
        fixed (float* from = numbers, to = widened)
        fixed (ushort* between = bits)
        {
            for (var at = 0; at < numbers.Length; at += TLanes.Count)
            {
                TLanes.Narrow(TLanes.Load(from + at), between + at);
                TLanes.Store(TLanes.Widen(between + at), to + at);
            }
        }

        Assert.Equal(rounded, widened);
    }

    private static unsafe void Lanes_are_reduced_and_masked<TLanes, TVector>() where TLanes : struct, ILanes<TVector> where TVector : unmanaged
    {
        var count = TLanes.Count;
        var (numbers, masked) = (new float[count], new float[count]);
        for (var highest = 0; highest < count; highest++)
        {
            for (var lane = 0; lane < count; lane++) numbers[lane] = lane == highest ? 3 : -lane;
            fixed (float* from = numbers, to = masked)
            {
                Assert.Equal(3, TLanes.Highest(TLanes.Load(from)));
                Assert.Equal(numbers.Sum(), TLanes.Sum(TLanes.Load(from)));
                TLanes.Store(TLanes.Mask(TLanes.Load(from), 100, 102, 100 + highest), to);
            }

            Assert.Equal(numbers.Select((number, lane) => lane >= 2 && lane < highest ? number : float.NegativeInfinity), masked);
        }
    }
}
