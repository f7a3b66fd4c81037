using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Unmask.Engine.Data.Preparation;

/// <summary>Chooses rows to be held out for evaluation.</summary>
/// <remarks>
/// A row is chosen by a hash of its content and the seed, the smallest hashes first. So the choice does not depend on the order of the
/// rows, and rows that are equal are all held out or all trained on: no answer leaks.
/// </remarks>
public static class HeldOutRows
{
    /// <summary>Fewer rows than this are all trained on.</summary>
    public const int FewestRows = 10;

    /// <summary>How many rows to hold out.</summary>
    /// <param name="rows">Usable rows there are.</param>
    /// <param name="settings">Share and limits.</param>
    public static int Target(int rows, DataSettings settings)
    {
        if (rows < FewestRows) return 0;
        if (settings is { TrainRows: { } train, EvalRows: { } eval })
        {
            // Both numbers are named: hold to them, or to their proportion where there are too few rows.
            return (int)Math.Min(eval, Math.Max(1, (long)Math.Floor(rows * (eval / ((double)train + eval)))));
        }

        var share = (int)Math.Min(rows - 1, Math.Ceiling(settings.EvalSplit * rows));
        return (int)Math.Min(settings.EvalRows ?? long.MaxValue, share);
    }

    /// <summary>Rows to read at most, so that no more is tokenized than the limits let through; null for all.</summary>
    public static long? ReadLimit(DataSettings settings) => settings.TrainRows is { } train
        ? train + (settings.EvalRows ?? (long)Math.Ceiling(train * settings.EvalSplit / (1 - settings.EvalSplit)))
        : null;

    /// <summary>Tells for each row whether it is held out: <paramref name="target"/> rows, or a few less where equal rows would be torn apart.</summary>
    public static bool[] Choose(ExampleStore rows, int target, long seed)
    {
        var hashes = new ulong[rows.Count];
        for (var row = 0; row < rows.Count; row++) hashes[row] = HashOf(rows.IdsOf(row), rows.PromptLengthOf(row), seed);
        var chosen = ChosenHashes(hashes, target);
        return [.. hashes.Select(chosen.Contains)];
    }

    /// <summary>A hash of a row's content.</summary>
    internal static ulong HashOf(ReadOnlySpan<int> ids, int promptLength, long seed) =>
        Mix(XxHash3.HashToUInt64(MemoryMarshal.AsBytes(ids), seed) + (ulong)promptLength);

    /// <summary>Spreads neighboring numbers over all 64 bits (the finalizer of SplitMix64, Steele, Lea and Flood 2014).</summary>
    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    private static HashSet<ulong> ChosenHashes(ulong[] hashes, int target)
    {
        var sorted = (ulong[])hashes.Clone();
        Array.Sort(sorted);
        var chosen = new HashSet<ulong>();
        var taken = 0;
        for (var from = 0; from < sorted.Length && taken < target;)
        {
            var to = from + 1;
            while (to < sorted.Length && sorted[to] == sorted[from]) to++;
            if (taken + (to - from) <= target)
            {
                chosen.Add(sorted[from]);
                taken += to - from;
            }

            from = to;
        }

        return chosen;
    }
}
