namespace Unmask.Engine.Modeling.Sequences;

/// <summary>Neighboring sequences of equal length.</summary>
/// <param name="Count">Sequences.</param>
/// <param name="Length">Tokens of each.</param>
internal readonly record struct LengthRun(int Count, int Length)
{
    public int Tokens => Count * Length;

    /// <summary>The runs of a packed batch in order; empty sequences have no tokens and vanish.</summary>
    public static IReadOnlyList<LengthRun> Of(ReadOnlySpan<int> lengths)
    {
        var runs = new List<LengthRun>();
        foreach (var length in lengths)
        {
            if (length == 0) continue;
            if (runs.Count > 0 && runs[^1].Length == length) runs[^1] = new LengthRun(runs[^1].Count + 1, length);
            else runs.Add(new LengthRun(1, length));
        }

        return runs;
    }
}
