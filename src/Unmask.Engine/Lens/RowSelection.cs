using Unmask.Core.Data;

namespace Unmask.Engine.Lens;

/// <summary>Which rows to look at: those of given numbers, or the first ones.</summary>
/// <param name="Numbers">Numbers (<see cref="LensRow.Row"/>); empty for the first rows. Where there are several files, a number means that line of each.</param>
/// <param name="First">How many first rows.</param>
public sealed record RowSelection(IReadOnlyList<long> Numbers, int First)
{
    /// <summary>The largest number that is asked for by name, or the largest there is.</summary>
    internal long Last => Numbers.Count == 0 ? long.MaxValue : Numbers.Max();

    internal bool Takes(long number, int taken) => Numbers.Count == 0 ? taken < First : Numbers.Contains(number);

    internal bool IsFull(int taken) => Numbers.Count == 0 && taken >= First;
}
