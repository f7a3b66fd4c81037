namespace Unmask.Core.Jobs;

/// <summary>A run on its devices.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Lanes">The lanes that it takes, all of them at once.</param>
/// <param name="Seconds">How long it will take from its start, or from now if it lives; null where nobody knows.</param>
internal sealed record LaneUse(string Id, IReadOnlyList<string> Lanes, double? Seconds);

/// <summary>When waiting runs will start.</summary>
internal static class QueueForecast
{
    /// <summary>Seconds until each waiting run starts; a run is left out where that hangs on one of unknown length.</summary>
    /// <param name="live">The runs that live.</param>
    /// <param name="waiting">Those that wait, in the order of the queue.</param>
    /// <param name="slots">How many runs a lane takes at once.</param>
    public static Dictionary<string, double> Of(IEnumerable<LaneUse> live, IEnumerable<LaneUse> waiting, Func<string, int> slots)
    {
        // When each slot of a lane is free next.
        Dictionary<string, double[]> free = [];
        double[] SlotsOf(string lane) => free.TryGetValue(lane, out double[]? known) ? known : free[lane] = new double[Math.Max(1, slots(lane))];
        double Take(LaneUse run)
        {
            double start = run.Lanes.Select(lane => SlotsOf(lane).Min()).DefaultIfEmpty(0).Max();
            foreach (double[] lane in run.Lanes.Select(SlotsOf)) lane[Array.IndexOf(lane, lane.Min())] = start + (run.Seconds ?? double.PositiveInfinity);
            return start;
        }

        foreach (LaneUse run in live) Take(run);
        return waiting.Select(run => (run.Id, Start: Take(run))).Where(run => double.IsFinite(run.Start)).ToDictionary(run => run.Id, run => run.Start);
    }
}
