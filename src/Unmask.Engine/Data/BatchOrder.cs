namespace Unmask.Engine.Data;

/// <summary>Rows that go through the model together, before they are read.</summary>
/// <param name="Epoch">Epoch, from 0.</param>
/// <param name="FirstOrderIndex">Place of the first row in the order of its epoch; the others follow it.</param>
/// <param name="Examples">Places of the rows in the data set.</param>
public sealed record MicroBatch(int Epoch, long FirstOrderIndex, int[] Examples);

/// <summary>
/// Which rows each optimiser step sees: a pure function of the settings, so that any step can be asked for without
/// walking there, and a resumed run sees the rows the uninterrupted one would have seen.
/// </summary>
/// <remarks>
/// Every epoch is a fresh random permutation. With lengths given, rows of like length come together: the permutation is cut
/// into mega-batches, each sorted by length from long to short, and the longest row of all comes first, so that a run
/// that does not fit into memory fails at once (Hugging Face's length-grouped sampler, the same rules).
/// The last micro-batch of an epoch may be short, and so may its last step.
/// </remarks>
public sealed class BatchOrder
{
    private readonly int[]? lengths;
    private readonly ulong seed;
    private readonly bool shuffle;
    private readonly Lock cacheLock = new();
    private int cachedEpoch = -1;
    private int[] cachedOrder = [];

    /// <param name="count">Rows of the data set, at least 1.</param>
    /// <param name="batchSize">Rows of a micro-batch, at least 1.</param>
    /// <param name="accumulation">Micro-batches of an optimiser step, at least 1.</param>
    /// <param name="seed">Seed of the permutations.</param>
    /// <param name="shuffle">False keeps the order of the data set (evaluation); then lengths are not used.</param>
    /// <param name="lengthOf">Tokens of the row at a place; when given, rows of like length are grouped. Read once for every row here.</param>
    public BatchOrder(int count, int batchSize, int accumulation = 1, long seed = 42, bool shuffle = true, Func<int, int>? lengthOf = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(accumulation, 1);
        Count = count;
        BatchSize = batchSize;
        Accumulation = accumulation;
        this.seed = (ulong)seed;
        this.shuffle = shuffle;
        if (lengthOf is null || !shuffle) return;
        lengths = new int[count];
        for (var row = 0; row < count; row++) lengths[row] = lengthOf(row);
    }

    public int Count { get; }

    public int BatchSize { get; }

    public int Accumulation { get; }

    /// <summary>Micro-batches of an epoch; the last may be short.</summary>
    public int MicroBatchesPerEpoch => (int)(((long)Count + BatchSize - 1) / BatchSize);

    /// <summary>Optimiser steps of an epoch; the last may have fewer micro-batches.</summary>
    public int StepsPerEpoch => (MicroBatchesPerEpoch + Accumulation - 1) / Accumulation;

    /// <summary>Micro-batches of optimiser step <paramref name="step"/>, counted from 0 through all epochs.</summary>
    public IReadOnlyList<MicroBatch> Step(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        var epoch = checked((int)(step / StepsPerEpoch));
        var first = (int)(step % StepsPerEpoch) * (long)Accumulation;
        var last = Math.Min(first + Accumulation, MicroBatchesPerEpoch);
        var order = EpochOrder(epoch);
        var batches = new List<MicroBatch>();
        for (var i = first; i < last; i++)
        {
            var from = i * BatchSize;
            var rows = (int)Math.Min(BatchSize, Count - from);
            batches.Add(new MicroBatch(epoch, from, order.AsSpan((int)from, rows).ToArray()));
        }

        return batches;
    }

    /// <summary>Every row of the data set once, in the order of an epoch.</summary>
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
        var group = (long)BatchSize * Accumulation;
        var mega = (int)Math.Min(Count, Math.Max(1, Math.Min(Count / (4 * group), 50)) * group);
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
