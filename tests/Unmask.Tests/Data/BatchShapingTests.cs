using Unmask.Engine.Data;
using Xunit;

namespace Unmask.Tests.Data;

/// <summary>The random cuts of training batches: their law, and that a batch is cut alike whenever it is asked for.</summary>
public sealed class BatchShapingTests
{
    private static readonly Collator Plain = new() { PadId = 0, VisiblePadding = false };

    // Answers of 2, 4 and 7 tokens behind prompts of 3, 1 and 2.
    private static readonly Example[] Rows = [new(0, [1, 1, 1, 5, 5], 3), new(1, [1, 6, 6, 6, 6], 1), new(2, [1, 1, 7, 7, 7, 7, 7, 7, 7], 2)];

    [Fact]
    public void Answers_are_cut_to_the_length_of_each_answer_alike()
    {
        var shaping = new BatchShaping(3) { PerBatchCutoff = true, ResponseCutoffRatio = 1 };
        var widths = Enumerable.Range(0, 3000).Select(number => shaping.Collate(Plain, Rows, 0, number).Width).ToArray();
        // Kept 2: widths 5, 3, 4. Kept 4: 5, 5, 6. Kept 7: 5, 5, 9. The other cut does not come on top.
        foreach (var width in new[] { 5, 6, 9 }) Assert.InRange(widths.Count(w => w == width), 900, 1100);
        Assert.Equal(3000, widths.Count(w => w is 5 or 6 or 9));
        Assert.Equal(shaping.Collate(Plain, Rows, 0, 77).Ids, shaping.Collate(Plain, Rows, 0, 77).Ids);
        Assert.NotEqual(widths, Enumerable.Range(0, 3000).Select(number => (shaping with { Seed = 4 }).Collate(Plain, Rows, 0, number).Width));
    }

    [Fact]
    public void The_end_of_a_batch_is_cut_by_less_than_the_shortest_answer()
    {
        var longer = Rows.Select(row => row with { Ids = [.. row.Ids, 8, 8] }).ToArray();
        var shaping = new BatchShaping(3) { ResponseCutoffRatio = 0.5 };
        var widths = Enumerable.Range(0, 4000).Select(number => shaping.Collate(Plain, longer, 0, number).Width).ToArray();
        Assert.InRange(widths.Count(w => w == 11), 1850, 2150);
        foreach (var width in new[] { 10, 9, 8 }) Assert.InRange(widths.Count(w => w == width), 570, 770);
        Assert.DoesNotContain(widths, w => w < 8);
        // The shortest answer of one token leaves nothing to cut.
        Example[] tiny = [new(0, [1, 2], 1), new(1, [1, 2, 3, 4], 1)];
        Assert.All(Enumerable.Range(0, 50), number => Assert.Equal(4, (shaping with { ResponseCutoffRatio = 1 }).Collate(Plain, tiny, 0, number).Width));
    }

    [Fact]
    public void Random_lengths_hide_the_end_of_a_batch()
    {
        var shaping = new BatchShaping(3) { RandomLengthRatio = 0.25 };
        Example[] rows = [new(0, [1, 2, 3, 4, 5, 6, 7, 8], 0), new(1, [1, 2, 3, 4, 5, 6, 7, 8], 0)];
        var batches = Enumerable.Range(0, 4000).Select(number => shaping.Collate(Plain, rows, 0, number)).ToArray();
        Assert.All(batches, batch => Assert.Equal(8, batch.Width));
        // A length of 8 in 8 leaves the batch whole.
        Assert.InRange(batches.Count(batch => batch.Lengths[0] < 8), 780, 970);
        Assert.All(batches, batch => Assert.Equal(batch.Lengths.Sum(), batch.Maskable));
    }

    [Fact]
    public void Without_wishes_a_batch_is_left_alone() =>
        Assert.Equal(Plain.Collate(Rows).Ids, new BatchShaping(3).Collate(Plain, Rows, 0, 5).Ids);
}
