namespace Unmask.Engine.Data;

/// <summary>The rows of one optimizer step, before they are read.</summary>
/// <param name="Epoch">Epoch, from 0.</param>
/// <param name="FirstOrderIndex">Place of the first row in the order of its epoch; the others follow it.</param>
/// <param name="Examples">Places of the rows in the dataset.</param>
public sealed record StepRows(int Epoch, long FirstOrderIndex, int[] Examples);

/// <summary>
/// Which rows each optimizer step sees: a pure function of the settings, so that any step can be asked for without
/// walking there, and a resumed run sees the rows the uninterrupted one would have seen.
/// </summary>
/// <remarks>
/// Every epoch is a fresh random permutation. With lengths given, rows of like length come together: the permutation is cut
/// into mega-batches, each sorted by length from long to short, and the longest row of all comes first, so that a run
/// that does not fit into memory fails at once (Hugging Face's length-grouped sampler, the same rules).
/// The last step of an epoch may be short. How the rows of a step go through the model, together or in parts, in one process or several, is no
/// matter of the order.
/// </remarks>
public sealed class BatchOrder
{
    private readonly int[]? lengths;
    private readonly ulong seed;
    private readonly bool shuffle;
    private readonly Lock cacheLock = new();
    private int cachedEpoch = -1;
    private int[] cachedOrder = [];

    /// <param name="count">Rows of the dataset, at least 1.</param>
    /// <param name="rowsPerStep">Rows of an optimizer step, at least 1.</param>
    /// <param name="seed">Seed of the permutations.</param>
    /// <param name="lengthOf">Tokens of the row at a place; when given, rows of like length are grouped. Read once for every row here.</param>
    /// <param name="shuffle">False keeps the order of the dataset (evaluation); then lengths are not used.</param>
    public BatchOrder(int count, int rowsPerStep, long seed = 42, Func<int, int>? lengthOf = null, bool shuffle = true)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(rowsPerStep, 1);
        Count = count;
        RowsPerStep = rowsPerStep;
        this.seed = (ulong)seed;
        this.shuffle = shuffle;
        if (lengthOf is null || !shuffle) return;
        lengths = new int[count];
        for (var row = 0; row < count; row++) lengths[row] = lengthOf(row);
    }

    public int Count { get; }

    public int RowsPerStep { get; }

    /// <summary>Optimizer steps of an epoch; the last may have fewer rows.</summary>
    public int StepsPerEpoch => (int)(((long)Count + RowsPerStep - 1) / RowsPerStep);

    /// <summary>Rows of optimizer step <paramref name="step"/>, counted from 0 through all epochs.</summary>
    public StepRows Step(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        var epoch = checked((int)(step / StepsPerEpoch));
        var first = step % StepsPerEpoch * RowsPerStep;
        var rows = (int)Math.Min(RowsPerStep, Count - first);
        return new StepRows(epoch, first, EpochOrder(epoch).AsSpan((int)first, rows).ToArray());
    }

    /// <summary>Every row of the dataset once, in the order of an epoch.</summary>
    public ReadOnlySpan<int> Order(int epoch) => EpochOrder(epoch);

    private int[] EpochOrder(int epoch)
    {
        lock (cacheLock)
        {
            if (epoch == cachedEpoch) return cachedOrder;
            var order = shuffle ? Shuffle(epoch) : [.. Enumerable.Range(0, Count)];
            if (lengths is not null) GroupByLength(order, lengths);
            (cachedEpoch, cachedOrder) = (epoch, order);
            return order;
        }
    }

    /// <summary>Fisher and Yates' shuffle on a counter-based stream: draw i depends on (seed, epoch, i) alone.</summary>
    private int[] Shuffle(int epoch)
    {
        var order = Enumerable.Range(0, Count).ToArray();
        var stream = new CounterRandom(seed, CounterRandom.Purpose.Order, (ulong)epoch);
        for (var i = Count - 1; i > 0; i--)
        {
            var j = (int)stream.Below((ulong)i, (ulong)i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }

        return order;
    }

    private void GroupByLength(int[] order, int[] lengths)
    {
        var mega = (int)Math.Min(Count, Math.Max(1, Math.Min(Count / (4L * RowsPerStep), 50)) * RowsPerStep);
        var longestAt = 0;
        for (var from = 0; from < Count; from += mega)
        {
            var part = order.AsSpan(from, Math.Min(mega, Count - from));
            SortByLength(part, lengths);
            if (lengths[order[from]] > lengths[order[longestAt]]) longestAt = from;
        }

        (order[0], order[longestAt]) = (order[longestAt], order[0]);
    }

    /// <summary>From long to short; rows of equal length keep the order of the permutation.</summary>
    private static void SortByLength(Span<int> rows, int[] lengths)
    {
        var keys = new long[rows.Length];
        for (var i = 0; i < rows.Length; i++) keys[i] = ((long)-lengths[rows[i]] << 32) + i;
        keys.AsSpan().Sort(rows);
    }
}
