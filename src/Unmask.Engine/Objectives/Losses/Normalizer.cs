using Unmask.Core.Parameters;
using Unmask.Engine.Data;

namespace Unmask.Engine.Objectives.Losses;

/// <summary>
/// The divisor of the loss of one optimizer step, counted over all of its micro-batches, so that accumulating them equals one
/// large batch. It counts maskable tokens, not masked ones: that is what makes the schedule's weight a likelihood bound.
/// </summary>
public sealed class Normalizer
{
    private readonly double _divisor;

    private Normalizer(LossNorm norm, double divisor)
    {
        Norm = norm;
        _divisor = divisor;
    }

    public LossNorm Norm { get; }

    /// <summary>The normalizer of all <paramref name="batches"/> together.</summary>
    public static Normalizer Of(IReadOnlyList<Batch> batches, LossNorm norm)
    {
        long maskable = 0, rows = 0;
        foreach (var batch in batches)
        {
            rows += batch.Rows;
            maskable += batch.Maskable;
        }

        return Of(maskable, rows, norm);
    }

    /// <summary>From counts already summed, for instance over the processes of a distributed step.</summary>
    public static Normalizer Of(long maskable, long rows, LossNorm norm) =>
        new(norm, Math.Max(1, norm == LossNorm.Token ? maskable : rows));

    /// <summary>The same with the mean over <paramref name="parts"/> of its like taken as well, for losses that are normalized apart and then averaged.</summary>
    public Normalizer AveragedOver(int parts) => new(Norm, _divisor * parts);

    /// <summary>
    /// Weights [S] of the scored positions, divided: the loss is the sum of these times the cross-entropies.
    /// </summary>
    public float[] ScoredWeights(NoisedBatch noised)
    {
        var rowDivisors = RowDivisors(noised.Clean);
        var weights = new float[noised.ScoredPositions.Length];
        for (var i = 0; i < weights.Length; i++)
        {
            var position = noised.ScoredPositions[i];
            weights[i] = (float)(noised.Weights[position] / rowDivisors[position / noised.Clean.Width]);
        }

        return weights;
    }

    private double[] RowDivisors(Batch batch)
    {
        var divisors = new double[batch.Rows];
        Array.Fill(divisors, _divisor);
        if (Norm != LossNorm.Sequence) return divisors;
        for (var row = 0; row < batch.Rows; row++)
        {
            var maskable = batch.Labels.AsSpan(row * batch.Width, batch.Width).ToArray().Count(label => label != Batch.IgnoredLabel);
            divisors[row] *= Math.Max(1, maskable);
        }

        return divisors;
    }
}
