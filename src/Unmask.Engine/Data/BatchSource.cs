namespace Unmask.Engine.Data;

/// <summary>The batches of a run: rows of a store, in an order, collated. Any step can be asked for at any time.</summary>
/// <param name="store">Tokenised rows.</param>
/// <param name="order">Which rows go together.</param>
/// <param name="collator">Lays them side by side.</param>
/// <param name="shaping">Random cuts of training batches; null for none.</param>
public sealed class BatchSource(ExampleStore store, BatchOrder order, Collator collator, BatchShaping? shaping = null)
{
    public BatchOrder Order { get; } = order;

    /// <summary>The micro-batches of optimiser step <paramref name="step"/>, counted from 0 through all epochs.</summary>
    public IReadOnlyList<Batch> Step(long step) => [.. Order.Step(step).Select(Collate)];

    /// <summary>Every row once, in the order of epoch 0, as for an evaluation.</summary>
    public IEnumerable<Batch> Epoch()
    {
        for (var step = 0; step < Order.StepsPerEpoch; step++)
        {
            foreach (var batch in Order.Step(step)) yield return Collate(batch);
        }
    }

    private Batch Collate(MicroBatch batch)
    {
        Example[] rows = [.. batch.Examples.Select(row => store[row])];
        if (shaping is null) return collator.Collate(rows, batch.FirstOrderIndex);
        var number = (long)batch.Epoch * Order.MicroBatchesPerEpoch + batch.FirstOrderIndex / Order.BatchSize;
        return shaping.Collate(collator, rows, batch.FirstOrderIndex, number);
    }
}
