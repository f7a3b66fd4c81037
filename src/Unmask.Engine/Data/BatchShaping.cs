namespace Unmask.Engine.Data;

/// <summary>
/// What a method does to its training batches beside padding: random cuts, so that short texts are learned too. Every draw depends on the seed
/// and the number of the micro-batch alone. Evaluation takes rows as they are.
/// </summary>
/// <param name="Seed">Seed of the run.</param>
public sealed record BatchShaping(long Seed)
{
    /// <summary>Cut the answers of each batch to the length of one of them, drawn uniformly.</summary>
    public bool PerBatchCutoff { get; init; }

    /// <summary>Probability of cutting 1 to (shortest answer - 1) columns off the end of a batch; without effect under <see cref="PerBatchCutoff"/>.</summary>
    public double ResponseCutoffRatio { get; init; }

    /// <summary>Probability of cutting a batch to a length drawn from 1 to its width (<see cref="RandomTruncation"/>).</summary>
    public double RandomLengthRatio { get; init; }

    /// <summary>One training batch.</summary>
    /// <param name="collator">Lays the rows side by side.</param>
    /// <param name="examples">B rows, at least 1.</param>
    /// <param name="firstOrderIndex">Place of the first row in the order of its epoch.</param>
    /// <param name="batchNumber">Number of the micro-batch in the run.</param>
    public Batch Collate(Collator collator, IReadOnlyList<Example> examples, long firstOrderIndex, long batchNumber)
    {
        var draws = new CounterRandom((ulong)Seed, CounterRandom.Purpose.ResponseCut, (ulong)batchNumber);
        if (PerBatchCutoff)
        {
            var kept = ResponseCut.ResponseLength(examples[(int)draws.Below(0, (ulong)examples.Count)]);
            return Truncated(collator.Collate(ResponseCut.Keep(examples, kept), firstOrderIndex), batchNumber);
        }

        var batch = collator.Collate(examples, firstOrderIndex);
        var shortest = examples.Min(ResponseCut.ResponseLength);
        if (draws.Uniform(1) < ResponseCutoffRatio && shortest > 1) batch = ResponseCut.Narrow(batch, 1 + (int)draws.Below(2, (ulong)shortest - 1));
        return Truncated(batch, batchNumber);
    }

    private Batch Truncated(Batch batch, long batchNumber) =>
        RandomTruncation.DrawLength(RandomLengthRatio, batch.Width, Seed, batchNumber) is { } kept ? RandomTruncation.Cut(batch, kept) : batch;
}
