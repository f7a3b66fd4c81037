namespace Unmask.Core.Jobs.Queueing;

/// <summary>A run on its devices.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Devices">The devices that it takes, all of them at once.</param>
/// <param name="Seconds">How long it will take from its start, or from now if it lives; null where nobody knows.</param>
internal sealed record DeviceUse(string Id, IReadOnlyList<string> Devices, double? Seconds);

/// <summary>When waiting runs will start.</summary>
internal static class QueueForecast
{
    /// <summary>Seconds until each waiting run starts; a run is left out where that hangs on one of unknown length.</summary>
    /// <param name="live">The runs that live.</param>
    /// <param name="waiting">Those that wait, in the order of the queue.</param>
    /// <param name="slots">How many runs a device takes at once.</param>
    public static Dictionary<string, double> From(IEnumerable<DeviceUse> live, IEnumerable<DeviceUse> waiting, Func<string, int> slots)
    {
        // When each slot of a device is free next.
        Dictionary<string, double[]> free = [];
        double[] SlotsOf(string device) => free.TryGetValue(device, out double[]? known) ? known : free[device] = new double[Math.Max(1, slots(device))];
        double Start(DeviceUse run)
        {
            double start = run.Devices.Select(device => SlotsOf(device).Min()).DefaultIfEmpty(0).Max();
            foreach (double[] times in run.Devices.Select(SlotsOf)) times[Array.IndexOf(times, times.Min())] = start + (run.Seconds ?? double.PositiveInfinity);
            return start;
        }

        foreach (DeviceUse run in live) Start(run);
        return waiting.Select(run => (run.Id, At: Start(run))).Where(run => double.IsFinite(run.At)).ToDictionary(run => run.Id, run => run.At);
    }
}
