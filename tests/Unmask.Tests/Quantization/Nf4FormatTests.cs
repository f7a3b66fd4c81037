using Unmask.Engine.Modeling.Quantization;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Quantization;

/// <summary>The format against the numbers that bitsandbytes is made of, and the laws it must obey.</summary>
public sealed class Nf4FormatTests
{
    [Fact]
    public void Boundaries_are_midpoints()
    {
        for (var code = 0; code < 15; code++)
        {
            var boundary = Nf4Format.Boundaries[code];
            var ulp = (double)MathF.BitIncrement(MathF.Abs(boundary)) - MathF.Abs(boundary);
            Assert.InRange(((double)Nf4Format.Values[code] + Nf4Format.Values[code + 1]) / 2 - boundary, -ulp / 2, ulp / 2);
        }
    }

    [Fact]
    public void Known_codes()
    {
        // absmax 2: halves of these numbers are values of the code book, or lie a little off them.
        float[] weights = [2, -2, 0, 0.16f, 1.4f, -1.4f, 0.5f, -0.1f, 0.8f];
        var (packed, absmax) = Quantize(weights);
        Assert.Equal([2f], absmax);
        Assert.Equal([0xF0, 0x78, 0xE1, 0xA6, 0xC7], packed);
    }

    [Fact]
    public void A_block_of_zeros_is_code_7()
    {
        var (packed, absmax) = Quantize(new float[128]);
        Assert.Equal([0f, 0f], absmax);
        Assert.All(packed, pair => Assert.Equal(0x77, pair));
    }

    [Fact]
    public void A_number_on_a_boundary_takes_the_lower_code_and_the_next_number_the_upper()
    {
        for (var code = 0; code < 15; code++)
        {
            var boundary = Nf4Format.Boundaries[code];
            foreach (var padding in (int[])[0, 40])
            {
                // Few numbers go one by one, many by vectors.
                var (packed, _) = Quantize([1, boundary, MathF.BitIncrement(boundary), boundary, .. new float[padding]]);
                Assert.Equal(code, packed[0] & 15);
                Assert.Equal(code + 1, packed[1] >> 4);
                Assert.Equal(code, packed[1] & 15);
            }
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void Absmax_tells_of_numbers_that_are_not_finite(float wrong)
    {
        foreach (var place in (int[])[0, 30, 63, 64, 66])
        {
            var weights = new float[67];
            weights[place] = wrong;
            Assert.False(float.IsFinite(Quantize(weights).Absmax[place / 64]));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(64 * 9 + 33)]
    [InlineData(64 * 300)]
    public void All_instructions_give_the_same_bits(int count)
    {
        var (packed, absmax) = Quantize(Normal(count, 0.02f, seed: count));
        absmax[0] = 1e-39f;
        if (absmax.Length > 2) (absmax[1], absmax[2]) = (-0.3f, 3e38f);
        var (floats, halves) = (new float[count], new ushort[count]);
        Nf4Dequantization.Run<float>(packed, absmax, floats, Nf4Instructions.Scalar);
        Nf4Dequantization.Run<ushort>(packed, absmax, halves, Nf4Instructions.Scalar);
        for (var i = 0; i < count; i++)
        {
            var code = i % 2 == 0 ? packed[i / 2] >> 4 : packed[i / 2] & 15;
            Assert.Equal(Nf4Format.Values[code] * absmax[i / 64], floats[i]);
        }

        Assert.Equal(tensor(floats).to(ScalarType.BFloat16).bytes.ToArray(), System.Runtime.InteropServices.MemoryMarshal.AsBytes<ushort>(halves).ToArray());
        foreach (var by in Enum.GetValues<Nf4Instructions>().Where(by => by <= Nf4Dequantization.Best))
        {
            var (others, otherHalves) = (new float[count], new ushort[count]);
            Nf4Dequantization.Run<float>(packed, absmax, others, by);
            Nf4Dequantization.Run<ushort>(packed, absmax, otherHalves, by);
            Assert.Equal(floats.Select(BitConverter.SingleToUInt32Bits), others.Select(BitConverter.SingleToUInt32Bits));
            Assert.Equal(halves, otherHalves);
        }
    }

    /// <summary>Dettmers et al. 2023: what NF4 loses of normally distributed weights does not depend on their spread.</summary>
    [Theory]
    [InlineData(0.02f)]
    [InlineData(3f)]
    public void Normal_weights_lose_9_percent(float deviation)
    {
        var weights = Normal(1 << 18, deviation, seed: 1);
        var (packed, absmax) = Quantize(weights);
        var back = new float[weights.Length];
        Nf4Dequantization.Run<float>(packed, absmax, back);
        var error = Math.Sqrt(weights.Zip(back, (a, b) => Math.Pow(a - b, 2)).Sum() / weights.Sum(a => Math.Pow(a, 2)));
        Assert.InRange(error, 0.090, 0.094);
        var (again, absmaxAgain) = Quantize(back);
        Assert.Equal(packed, again);
        Assert.Equal(absmax, absmaxAgain);
    }

    internal static float[] Normal(int count, float deviation, long seed)
    {
        using var generator = new Generator((ulong)seed);
        using var drawn = randn(count, generator: generator);
        return [.. drawn.data<float>().Select(x => x * deviation)];
    }

    private static (byte[] Packed, float[] Absmax) Quantize(float[] weights)
    {
        var (packed, absmax) = (new byte[Nf4Format.PackedBytes(weights.Length)], new float[Nf4Format.Blocks(weights.Length)]);
        Nf4Format.Quantize(weights, packed, absmax);
        return (packed, absmax);
    }
}
