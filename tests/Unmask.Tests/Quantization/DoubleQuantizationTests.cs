using Unmask.Engine.Modeling.Quantization;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Quantization;

public sealed class DoubleQuantizationTests
{
    [Fact]
    public void The_map_has_256_values_from_its_smallest_to_1()
    {
        var map = DynamicMap.Values.ToArray();
        Assert.Equal(256, map.Length);
        Assert.Equal(map.Distinct().Order(), map);
        Assert.Equal([-0.99296875f, 0.99296875f, 1f], [map[0], map[254], map[255]]);
        Assert.Equal([-5.5e-7, 0, 5.5e-7], map[126..129].Select(value => Math.Round(value, 12)));
    }

    /// <summary>The construction of the original, in Torch.</summary>
    [Fact]
    public void The_map_is_the_original_s_to_the_bit()
    {
        using var scope = NewDisposeScope();
        var values = new List<float> { 0, 1 };
        for (var i = 0; i < 7; i++)
        {
            var ends = linspace(0.1, 1, (1 << i) + 1, ScalarType.Float32);
            var means = (ends.slice(0, 0, 1 << i, 1) + ends.slice(0, 1, (1 << i) + 1, 1)) / 2.0 * Math.Pow(10, i - 6);
            values.AddRange(means.data<float>());
            values.AddRange((-means).data<float>());
        }

        Assert.Equal(values.Order(), DynamicMap.Values.ToArray());
    }

    [Fact]
    public void The_nearest_value_is_taken_and_the_lower_of_two()
    {
        var map = DynamicMap.Values.ToArray();
        for (var code = 0; code < 256; code++) Assert.Equal(code, DynamicMap.Nearest(map[code]));
        for (var code = 0; code < 255; code++)
        {
            var middle = (map[code] + map[code + 1]) / 2;
            Assert.Equal(code, DynamicMap.Nearest(middle));
            Assert.Equal(code + 1, DynamicMap.Nearest(MathF.BitIncrement(middle)));
        }

        Assert.Equal(0, DynamicMap.Nearest(-1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(256)]
    [InlineData(1000)]
    public void What_comes_back_is_near_and_parts_are_the_whole(int count)
    {
        var absmax = Nf4FormatTests.Normal(count, 0.005f, seed: 2).Select(x => 0.05f + x).ToArray();
        var offset = absmax.Average();
        var (codes, nested, back) = (new byte[count], new float[DoubleQuantization.Blocks(count)], new float[count]);
        DoubleQuantization.Quantize(absmax, offset, codes, nested);
        DoubleQuantization.Dequantize(codes, 0, DynamicMap.Values, nested, offset, back);
        for (var i = 0; i < count; i++)
        {
            // Neighboring values differ by at most 0.9 / 64.
            Assert.InRange(Math.Abs(back[i] - absmax[i]), 0, nested[i / 256] * 0.9 / 128 + 1e-8);
        }

        var part = new float[count / 3];
        DoubleQuantization.Dequantize(codes.AsSpan(count / 2, part.Length), count / 2, DynamicMap.Values, nested, offset, part);
        Assert.Equal(back.Skip(count / 2).Take(part.Length), part);
    }
}
