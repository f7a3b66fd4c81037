using Unmask.Engine.Tensors;
using Xunit;

namespace Unmask.Tests.Diffusion;

public sealed class PhiloxTests
{
    // Known answers published with Random123 (kat_vectors, philox4x32 10).
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Gives_the_known_answers(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint w0, uint w1, uint w2, uint w3) =>
        Assert.Equal((w0, w1, w2, w3), Philox.Block(c0, c1, c2, c3, k0, k1));

    [Fact]
    public void One_number_and_a_run_of_numbers_agree()
    {
        var key = new NoiseKey(-5, NoiseStream.Mask);
        var run = new float[37];
        key.Uniforms(3, 1L << 40, run);
        for (var i = 0; i < run.Length; i++) Assert.Equal(key.Uniform(3, 1L << 40, i), run[i]);
        Assert.All(run, u => Assert.InRange(u, 0f, 1f - 1f / (1 << 24)));
    }

    [Fact]
    public void Every_part_of_the_name_changes_the_number()
    {
        var numbers = new HashSet<float>
        {
            new NoiseKey(1, NoiseStream.Mask).Uniform(0, 0, 0),
            new NoiseKey(2, NoiseStream.Mask).Uniform(0, 0, 0),
            new NoiseKey(1L << 40, NoiseStream.Mask).Uniform(0, 0, 0),
            new NoiseKey(1, NoiseStream.Time).Uniform(0, 0, 0),
            new NoiseKey(1, NoiseStream.Mask).Uniform(1, 0, 0),
            new NoiseKey(1, NoiseStream.Mask).Uniform(-1, 0, 0),
            new NoiseKey(1, NoiseStream.Mask).Uniform(0, 1, 0),
            new NoiseKey(1, NoiseStream.Mask).Uniform(0, 1L << 33, 0),
            new NoiseKey(1, NoiseStream.Mask).Uniform(0, 0, 1),
            new NoiseKey(1, NoiseStream.Mask).Uniform(0, 0, 4),
        };
        Assert.Equal(10, numbers.Count);
    }

    [Fact]
    public void Numbers_are_uniform_and_uncorrelated()
    {
        var numbers = new float[400_000];
        var key = new NoiseKey(7, NoiseStream.Time);
        for (var i = 0; i < 1000; i++) key.Uniforms(0, i, numbers.AsSpan(i * 400, 400));
        var histogram = new int[16];
        double lag = 0;
        for (var i = 0; i < numbers.Length; i++)
        {
            histogram[(int)(numbers[i] * 16)]++;
            if (i > 0) lag += (numbers[i] - 0.5) * (numbers[i - 1] - 0.5);
        }

        var expected = numbers.Length / 16.0;
        var chiSquare = histogram.Sum(count => (count - expected) * (count - expected) / expected);
        Assert.InRange(chiSquare, 2.0, 45.0); // 15 degrees of freedom; outside with probability below 1e-4
        Assert.InRange(lag / numbers.Length * 12, -0.008, 0.008);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(123_456_789_012)]
    public void Sixteen_neighbors_of_the_low_discrepancy_sequence_cover_the_interval(long start)
    {
        var key = new NoiseKey(3, NoiseStream.Time);
        var points = Enumerable.Range(0, 16).Select(i => key.LowDiscrepancy(2, start + i)).Order().ToArray();
        var gaps = points.Zip(points.Skip(1), (a, b) => b - a).Append(1 - points[^1] + points[0]).ToArray();
        Assert.True(gaps.Max() < 2.0 / 16, $"largest gap {gaps.Max()}");
        Assert.True(gaps.Min() > 0.3 / 16, $"smallest gap {gaps.Min()}");
    }
}
