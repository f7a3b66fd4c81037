using System.Text.Json;
using Unmask.Engine.Generation.Decoding;
using Unmask.Engine.Objectives.Mdlm;
using Unmask.Engine.Tensors;
using Xunit;

namespace Unmask.Tests.Sampling;

public sealed class TransferScheduleTests
{
    [Theory]
    [InlineData("linear", 20, 8, new[] { 2, 3, 3, 2, 2, 3, 2, 3 })]
    [InlineData("linear", 5, 3, new[] { 2, 1, 2 })]
    [InlineData("linear", 13, 4, new[] { 3, 3, 4, 3 })]
    [InlineData("linear", 3, 2, new[] { 2, 1 })]
    [InlineData("linear", 100, 7, new[] { 14, 14, 14, 14, 15, 14, 15 })]
    [InlineData("cosine", 32, 8, new[] { 1, 2, 3, 4, 5, 5, 6, 6 })]
    [InlineData("cosine", 20, 8, new[] { 1, 2, 3, 3, 3, 4, 4 })]
    public void Has_the_published_counts(string schedule, int masked, int steps, int[] counts) =>
        Assert.Equal(counts, TransferSchedule.Counts(masked, steps, NoiseSchedule.Named(schedule)));

    [Fact]
    public void Equals_the_original()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(Fixtures.Golden, "common", "common.json")));
        var cases = document.RootElement.GetProperty("transfer_counts").EnumerateArray().ToArray();
        Assert.NotEmpty(cases);
        foreach (var item in cases)
        {
            var schedule = NoiseSchedule.Named(item.GetProperty("alpha").GetString()!);
            var steps = item.GetProperty("steps").GetInt32();
            foreach (var (masked, reveal) in item.GetProperty("masked").EnumerateArray().Zip(item.GetProperty("reveal").EnumerateArray()))
            {
                // Rows are padded with zeros to the longest of their batch.
                var expected = reveal.EnumerateArray().Select(count => count.GetInt32()).Where(count => count > 0);
                Assert.Equal(expected, TransferSchedule.Counts(masked.GetInt32(), steps, schedule));
            }
        }
    }

    [Fact]
    public void Binomial_counts_sum_to_the_masks_and_average_to_the_expectation()
    {
        var key = new NoiseKey(1, NoiseStream.SamplingCount);
        double first = 0;
        const int trials = 2000;
        for (var i = 0; i < trials; i++)
        {
            var counts = TransferSchedule.Counts(40, 4, NoiseSchedule.Linear, (step, token) => key.UniformDouble(step, i, token));
            Assert.Equal(40, counts.Sum());
            first += counts[0];
        }

        Assert.Equal(10, first / trials, 0.25); // standard error 0.06
    }
}
