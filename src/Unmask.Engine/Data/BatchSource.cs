namespace Unmask.Engine.Data;

/// <summary>
/// The batches of a run: rows of a store, in an order, laid side by side. Any step can be asked for at any time. Rows that are laid out together share
/// their padded width and the random cuts of training, so what a row looks like depends on which these are, and on nothing else.
/// </summary>
/// <param name="store">Tokenized rows.</param>
/// <param name="order">Which rows go together.</param>
/// <param name="collator">Lays them side by side.</param>
/// <param name="shaping">Random cuts of training batches; null for none.</param>
/// <param name="rowsTogether">How many rows of a step are laid out together; null for all of them.</param>
public sealed class BatchSource(ExampleStore store, BatchOrder order, Collator collator, BatchShaping? shaping = null, int? rowsTogether = null)
{
    private readonly int together = rowsTogether ?? order.RowsPerStep;

    public BatchOrder Order { get; } = order;

    /// <summary>The batches of optimizer step <paramref name="step"/>, counted from 0 through all epochs.</summary>
    public IReadOnlyList<Batch> Step(long step)
    {
        var rows = Order.Step(step);
        return [.. rows.Examples.Chunk(together).Select((examples, i) => Collate(rows.Epoch, rows.FirstOrderIndex + (long)i * together, examples))];
    }

    /// <summary>Every row once, in the order of epoch 0, as for an evaluation.</summary>
    public IEnumerable<Batch> Epoch()
    {
        for (var step = 0; step < Order.StepsPerEpoch; step++)
        {
            foreach (var batch in Step(step)) yield return batch;
        }
    }

    private Batch Collate(int epoch, long firstOrderIndex, int[] examples)
    {
        Example[] rows = [.. examples.Select(row => store[row])];
        if (shaping is null) return collator.Collate(rows, firstOrderIndex);
        var perEpoch = ((long)Order.Count + together - 1) / together;
        return shaping.Collate(collator, rows, firstOrderIndex, epoch * perEpoch + firstOrderIndex / together);
    }
}
