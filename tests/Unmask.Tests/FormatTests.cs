using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests;

public sealed class FormatTests
{
    [Theory]
    [InlineData(null, "–")]
    [InlineData(0L, "0 B")]
    [InlineData(1023L, "1023 B")]
    [InlineData(1024L, "1.0 KiB")]
    [InlineData(2_516_582L, "2.4 MiB")]
    [InlineData(480L << 30, "480.0 GiB")]
    [InlineData(long.MaxValue, "8388608.0 TiB")]
    public void Bytes(long? bytes, string text) => Assert.Equal(text, Format.Bytes(bytes));

    [Theory]
    [InlineData(null, "–")]
    [InlineData(0.0, "0")]
    [InlineData(1.5440, "1.5440")]
    [InlineData(34.283, "34.28")]
    [InlineData(-512.31, "-512.3")]
    [InlineData(1234.6, "1,235")]
    [InlineData(0.00002, "2e-5")]
    [InlineData(12_345_678.0, "1.23e7")]
    [InlineData(double.NaN, "NaN")]
    public void Number(double? number, string text) => Assert.Equal(text, Format.Number(number));

    [Theory]
    [InlineData(null, "–")]
    [InlineData(double.NaN, "–")]
    [InlineData(-1.0, "–")]
    [InlineData(1e12, "–")]
    [InlineData(44.6, "45 s")]
    [InlineData(59.7, "1 min 0 s")]
    [InlineData(190.0, "3 min 10 s")]
    [InlineData(3599.9, "1 h 0 min")]
    [InlineData(7500.0, "2 h 5 min")]
    [InlineData(349_300.0, "4 d 1 h")]
    public void Duration(double? seconds, string text) => Assert.Equal(text, Format.Duration(seconds));

    [Theory]
    [InlineData(59.0, "59 s")]
    [InlineData(299.0, "4 min 59 s")]
    [InlineData(301.0, "5 min")]
    [InlineData(3569.0, "59 min")]
    [InlineData(3600.0, "1 h 0 min")]
    public void An_estimate_is_no_more_exact_than_it_can_be(double seconds, string text) => Assert.Equal(text, Format.RoughDuration(seconds));

    [Fact]
    public void Counts_shares_and_rates()
    {
        Assert.Equal(["1,234,567", "1,235", "1 run", "12,000 runs"], [Format.Count(1_234_567), Format.Count(1234.6), Format.Count(1, "run"), Format.Count(12_000, "run")]);
        Assert.Equal(["41.2%", "9.81e-4", "0.00e0"], [Format.Percent(0.4123), Format.LearningRate(9.81e-4), Format.LearningRate(0)]);
    }
}
