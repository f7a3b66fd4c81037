namespace Unmask.Engine.Objectives.Losses;

/// <summary>Sums over the scored positions of one or more batches. Results add up.</summary>
public sealed class LossResult
{
    /// <summary>Noise levels are counted in so many equal intervals of t.</summary>
    public const int Buckets = 10;

    /// <summary>The normalized loss (not finite when the model's logits were not).</summary>
    public double Loss { get; private set; }

    /// <summary>Sum of weight times cross-entropy, not divided; over <see cref="Maskable"/> it is the bound in nats a token.</summary>
    public double WeightedNll { get; private set; }

    /// <summary>Positions that could have been masked.</summary>
    public long Maskable { get; private set; }

    /// <summary>Positions that were masked, and so scored.</summary>
    public long Masked { get; private set; }

    /// <summary>Masked positions whose most probable token is the clean one.</summary>
    public long Correct { get; private set; }

    /// <summary>For each noise level, the sum of the unweighted cross-entropy of its masked positions, in nats.</summary>
    public double[] NllByTime { get; } = new double[Buckets];

    /// <summary>For each noise level, its masked positions.</summary>
    public long[] MaskedByTime { get; } = new long[Buckets];

    /// <summary>For each noise level, its correct positions.</summary>
    public long[] CorrectByTime { get; } = new long[Buckets];

    /// <summary>Mean bound in nats for each maskable token; NaN when there is none.</summary>
    public double NllPerToken => WeightedNll / Maskable;

    /// <summary>Share of masked positions predicted right; NaN when nothing was masked.</summary>
    public double Accuracy => (double)Correct / Masked;

    public void Add(LossResult other)
    {
        Loss += other.Loss;
        WeightedNll += other.WeightedNll;
        Maskable += other.Maskable;
        Masked += other.Masked;
        Correct += other.Correct;
        for (var i = 0; i < Buckets; i++)
        {
            NllByTime[i] += other.NllByTime[i];
            MaskedByTime[i] += other.MaskedByTime[i];
            CorrectByTime[i] += other.CorrectByTime[i];
        }
    }

    /// <summary>Writes the sums, for another process.</summary>
    public void Write(BinaryWriter to)
    {
        to.Write(Loss);
        to.Write(WeightedNll);
        to.Write(Maskable);
        to.Write(Masked);
        to.Write(Correct);
        foreach (var value in NllByTime) to.Write(value);
        foreach (var value in MaskedByTime) to.Write(value);
        foreach (var value in CorrectByTime) to.Write(value);
    }

    /// <summary>What <see cref="Write"/> wrote.</summary>
    public static LossResult Read(BinaryReader from)
    {
        var result = new LossResult { Loss = from.ReadDouble(), WeightedNll = from.ReadDouble(), Maskable = from.ReadInt64(), Masked = from.ReadInt64(), Correct = from.ReadInt64() };
        for (var i = 0; i < Buckets; i++) result.NllByTime[i] = from.ReadDouble();
        for (var i = 0; i < Buckets; i++) result.MaskedByTime[i] = from.ReadInt64();
        for (var i = 0; i < Buckets; i++) result.CorrectByTime[i] = from.ReadInt64();
        return result;
    }

    /// <summary>The sums of one batch from what the head gave at its scored positions.</summary>
    /// <param name="noised">The batch.</param>
    /// <param name="dividedWeights">[S] weights after normalization.</param>
    /// <param name="nll">[S] cross-entropies in nats.</param>
    /// <param name="correct">[S] whether the most probable token is the clean one.</param>
    public static LossResult Of(NoisedBatch noised, ReadOnlySpan<float> dividedWeights, ReadOnlySpan<float> nll, ReadOnlySpan<bool> correct)
    {
        var result = new LossResult { Maskable = noised.Clean.Maskable, Masked = noised.ScoredPositions.Length };
        for (var i = 0; i < nll.Length; i++)
        {
            var position = noised.ScoredPositions[i];
            var bucket = Math.Min((int)(noised.Times[position / noised.Clean.Width] * Buckets), Buckets - 1);
            result.Loss += (double)dividedWeights[i] * nll[i];
            result.WeightedNll += (double)noised.Weights[position] * nll[i];
            result.NllByTime[bucket] += nll[i];
            result.MaskedByTime[bucket]++;
            if (!correct[i]) continue;
            result.Correct++;
            result.CorrectByTime[bucket]++;
        }

        return result;
    }
}
