using Unmask.Core.Parameters;
using Unmask.Engine.Objectives.Losses;
using Unmask.Engine.Objectives.Mdlm;
using Xunit;

namespace Unmask.Tests.Diffusion;

public sealed class CorruptionTests
{
    private const int Mask = 99;

    public static TheoryData<TimeSampling, MaskSampling, string> Ways()
    {
        var ways = new TheoryData<TimeSampling, MaskSampling, string>();
        foreach (var time in Enum.GetValues<TimeSampling>())
        {
            foreach (var mask in Enum.GetValues<MaskSampling>())
            {
                foreach (var schedule in NoiseSchedule.All) ways.Add(time, mask, schedule.Name);
            }
        }

        return ways;
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Only_maskable_tokens_are_masked(TimeSampling time, MaskSampling mask, string schedule)
    {
        var batch = DiffusionBatches.Of([[1, 2, 3, 4, 5, 6], [7, 8, 9], [10, 11]], prompt: 2, extraWidth: 3);
        var corruption = new Corruption(Options(time, mask, schedule), Mask);
        var everMasked = new HashSet<int>();
        for (var epoch = 0; epoch < 50; epoch++)
        {
            var noised = corruption.Apply(batch, 1, epoch);
            for (var i = 0; i < batch.Ids.Length; i++)
            {
                if (noised.Masked[i]) Assert.NotEqual(-100, batch.Labels[i]);
                Assert.Equal(noised.Masked[i] ? Mask : batch.Ids[i], noised.NoisedIds[i]);
                if (noised.Masked[i]) everMasked.Add(i);
            }

            Assert.Equal(Enumerable.Range(0, batch.Ids.Length).Where(i => noised.Masked[i]), noised.ScoredPositions);
        }

        Assert.Equal(batch.Maskable, everMasked.Count);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_row_is_masked_alike_in_every_batch(TimeSampling time, MaskSampling mask, string schedule)
    {
        var rows = Enumerable.Range(0, 8).Select(i => Enumerable.Range(0, 5 + i).ToArray()).ToArray();
        var corruption = new Corruption(Options(time, mask, schedule), Mask);
        var together = corruption.Apply(DiffusionBatches.Of(rows), 11, 4);
        for (var i = 0; i < rows.Length; i++)
        {
            var alone = corruption.Apply(DiffusionBatches.Of([rows[i]], [i], firstOrder: i), 11, 4);
            Assert.Equal(alone.Masked, together.Masked.AsSpan(i * together.Clean.Width, rows[i].Length).ToArray());
            Assert.Equal(alone.Times[0], together.Times[i]);
            Assert.Equal(alone.Weights[0], together.Weights[i * together.Clean.Width]);
        }
    }

    [Fact]
    public void Seed_and_epoch_change_the_mask_and_evaluation_does_not_know_the_epoch()
    {
        var batch = DiffusionBatches.Of([Enumerable.Range(0, 64).ToArray()]);
        var corruption = new Corruption(new CorruptionOptions(), Mask);
        var first = corruption.Apply(batch, 1, 0);
        Assert.NotEqual(first.Masked, corruption.Apply(batch, 2, 0).Masked);
        Assert.NotEqual(first.Masked, corruption.Apply(batch, 1, 1).Masked);
        var evaluation = corruption.ApplyForEvaluation(batch, 1);
        Assert.Equal(evaluation.Masked, corruption.ApplyForEvaluation(batch, 1).Masked);
        Assert.NotEqual(evaluation.Masked, corruption.Apply(batch, 1, -1).Masked);
        var otherTraining = new Corruption(new CorruptionOptions { MaskSampling = MaskSampling.FixedCount }, Mask);
        Assert.Equal(evaluation.Masked, otherTraining.ApplyForEvaluation(batch, 1).Masked);
    }

    [Fact]
    public void Injected_uniforms_are_compared_strictly()
    {
        var batch = DiffusionBatches.Of([[1, 2, 3, 4]]);
        var corruption = new Corruption(new CorruptionOptions(), Mask);
        var noised = corruption.Apply(batch, [0.5f], [0.5f, 0.49999997f, 0f, 0.9f]);
        Assert.Equal([false, true, true, false], noised.Masked);
        Assert.Equal(1 / (0.5f + 1e-6f), noised.Weights[0]);
    }

    [Theory]
    [InlineData("linear")]
    [InlineData("cosine")]
    public void A_fixed_count_is_exact_and_its_weights_sum_to_the_row(string schedule)
    {
        const int n = 7;
        var batch = DiffusionBatches.Of([.. Enumerable.Range(0, 4000).Select(_ => Enumerable.Range(0, n).ToArray())]);
        var noised = new Corruption(Options(TimeSampling.Stratified, MaskSampling.FixedCount, schedule), Mask).Apply(batch, 5, 0);
        var counts = new int[n + 1];
        double sum = 0;
        for (var row = 0; row < batch.Rows; row++)
        {
            var count = noised.Masked.AsSpan(row * n, n).ToArray().Count(masked => masked);
            counts[count]++;
            sum += count * (double)noised.Weights[row * n];
        }

        Assert.Equal(0, counts[0]);
        Assert.All(counts[1..], count => Assert.True(count > 0));
        // E[count x weight] = sum over k of P(k) k / (k P(k)) = n.
        Assert.Equal(n, sum / batch.Rows, 0.02);
        if (schedule == "linear") Assert.All(counts[1..], count => Assert.InRange(count, 4000 / n - 5, 4000 / n + 5));
    }

    [Fact]
    public void Rows_with_nothing_to_mask_stay_clean()
    {
        var batch = DiffusionBatches.Of([[1, 2], [3, 4, 5]], prompt: 2);
        foreach (var mask in Enum.GetValues<MaskSampling>())
        {
            var noised = new Corruption(new CorruptionOptions { MaskSampling = mask }, Mask).Apply(batch, 0, 0);
            Assert.DoesNotContain(true, noised.Masked[..3]);
            Assert.All(noised.Weights, weight => Assert.True(float.IsFinite(weight)));
        }
    }

    [Fact]
    public void The_norms_divide_as_published()
    {
        // nll, masks and times of the specification's worked example.
        var batch = DiffusionBatches.Of([[1, 2, 3], [4, 5, 6]]) with { Labels = [-100, 2, 3, 4, 5, 6] };
        var noised = new Corruption(new CorruptionOptions(), Mask).Apply(batch, [0.5f, 0.25f], [false, true, true, false, false, true]);
        float[] nll = [2, 3, 2.5f];
        foreach (var (norm, expected) in new[] { (LossNorm.Token, 3.999988), (LossNorm.Sequence, 4.166655), (LossNorm.Batch, 9.99997) })
        {
            var result = LossResult.Of(noised, Normalizer.Of([batch], norm).ScoredWeights(noised), nll, [true, false, true]);
            Assert.Equal(expected, result.Loss, 1e-5);
            Assert.Equal(3.999988, result.NllPerToken, 1e-5);
            Assert.Equal(5, result.Maskable);
            Assert.Equal(2.0 / 3, result.Accuracy, 1e-12);
            Assert.Equal([5.0, 2.5], [result.NllByTime[5], result.NllByTime[2]]);
        }
    }

    [Theory]
    [InlineData(LossNorm.Token)]
    [InlineData(LossNorm.Sequence)]
    [InlineData(LossNorm.Batch)]
    public void Micro_batches_add_up_to_the_large_batch(LossNorm norm)
    {
        int[][] rows = [[1, 2, 3, 4, 5], [6, 7], [8, 9, 10, 11], [12, 13, 14]];
        var corruption = new Corruption(new CorruptionOptions(), Mask);
        var large = DiffusionBatches.Of(rows);
        var small = new[] { DiffusionBatches.Of(rows[..1], [0]), DiffusionBatches.Of(rows[1..], [1, 2, 3]) };
        var normalizer = Normalizer.Of(small, norm);
        var whole = normalizer.ScoredWeights(corruption.Apply(large, 3, 0));
        Assert.Equal(whole, Normalizer.Of([large], norm).ScoredWeights(corruption.Apply(large, 3, 0)));
        Assert.Equal(whole, small.SelectMany(batch => normalizer.ScoredWeights(corruption.Apply(batch, 3, 0))));
    }

    private static CorruptionOptions Options(TimeSampling time, MaskSampling mask, string schedule) =>
        new() { TimeSampling = time, MaskSampling = mask, Schedule = NoiseSchedule.Named(schedule) };
}
