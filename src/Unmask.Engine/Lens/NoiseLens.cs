using Unmask.Core.Data;
using Unmask.Engine.Data;
using Unmask.Engine.Objectives.Losses;
using Unmask.Engine.Objectives.Mdlm;

namespace Unmask.Engine.Lens;

/// <summary>The noise of training on given rows, at times from little to much.</summary>
public static class NoiseLens
{
    /// <summary>0.1, 0.2 ... 0.9.</summary>
    public static IReadOnlyList<double> Times { get; } = [.. Enumerable.Range(1, 9).Select(tenth => tenth / 10.0)];

    /// <summary>For each row of the batch what is masked at each of <see cref="Times"/>, and what each masked token would weigh by each kind of loss weight.</summary>
    /// <param name="batch">Rows with their places among the training rows.</param>
    /// <param name="options">The run's noise; its schedule, its way to draw masks and its CART weight are used.</param>
    /// <param name="mask">The mask id.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="epoch">Epoch.</param>
    public static IReadOnlyList<IReadOnlyList<LensNoise>> Of(Batch batch, CorruptionOptions options, int mask, long seed, int epoch)
    {
        var rows = Enumerable.Range(0, batch.Rows).Select(_ => new List<LensNoise>()).ToArray();
        foreach (var time in Times)
        {
            NoisedBatch Weighted(LossWeight by) => new Corruption(options with { LossWeight = by }, mask).ApplyAt(batch, time, seed, epoch);
            var (uniform, scheduler, cart) = (Weighted(LossWeight.Uniform), Weighted(LossWeight.Scheduler), Weighted(LossWeight.Cart));
            for (var row = 0; row < batch.Rows; row++)
            {
                var start = row * batch.Width;
                int[] masked = [.. Enumerable.Range(0, batch.Width).Where(column => uniform.Masked[start + column])];
                float[] Weights(NoisedBatch noised) => [.. masked.Select(column => noised.Weights[start + column])];
                rows[row].Add(new LensNoise(time, masked, new LensWeights(Weights(uniform), Weights(scheduler), Weights(cart))));
            }
        }

        return rows;
    }
}
