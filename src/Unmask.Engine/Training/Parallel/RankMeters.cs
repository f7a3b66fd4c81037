using Unmask.Core.Events;

namespace Unmask.Engine.Training.Parallel;

/// <summary>What each process of a run has done since the last log line.</summary>
/// <param name="size">How many there are.</param>
internal sealed class RankMeters(int size)
{
    private readonly long[] tokens = new long[size];
    private readonly double[] computing = new double[size];
    private readonly double[] waiting = new double[size];
    private readonly long[] memory = new long[size];

    public void Add(IReadOnlyList<StepReport> reports)
    {
        for (var rank = 0; rank < size; rank++)
        {
            tokens[rank] += reports[rank].Tokens;
            computing[rank] += reports[rank].ComputeSeconds;
            waiting[rank] += reports[rank].WaitSeconds;
            memory[rank] = reports[rank].MemoryBytes;
        }
    }

    /// <summary>The figures, which then begin again.</summary>
    public RanksMeasured Measure(long step)
    {
        var measured = new RanksMeasured(step, [.. Enumerable.Range(0, size).Select(rank => new RankMeasure(
            rank, tokens[rank] / Math.Max(1e-9, computing[rank]), waiting[rank] / Math.Max(1e-9, computing[rank] + waiting[rank]), memory[rank]))]);
        Array.Clear(tokens);
        Array.Clear(computing);
        Array.Clear(waiting);
        return measured;
    }
}
