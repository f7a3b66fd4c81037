using Unmask.Core.Runs;

namespace Unmask.Core.Jobs.Queueing;

/// <summary>A device that runs take turns on.</summary>
/// <param name="Name">cpu, or gpu 0, gpu 1, ...</param>
/// <param name="Slots">How many runs it takes at once.</param>
/// <param name="Runs">Ids of the runs on it now.</param>
public sealed record QueueDevice(string Name, int Slots, IReadOnlyList<string> Runs);

/// <summary>Which devices a run takes, and which runs may start: first come, first served, and a run that waits for several devices is not overtaken on any.</summary>
internal static class DeviceSlots
{
    public const string Cpu = "cpu";

    /// <summary>The devices that a run takes, all of them at once.</summary>
    /// <param name="settings">Its settings; null when they cannot be read: its worker will report why.</param>
    /// <param name="gpus">Numbers of the GPUs of this machine that can be used.</param>
    public static IReadOnlyList<string> NeededBy(RunDigest? settings, IReadOnlyList<int> gpus)
    {
        if (settings is null || settings.Device == Cpu || (settings.Device == "auto" && gpus.Count == 0)) return [Cpu];
        IEnumerable<int> named = settings.GpuIds == "auto"
            ? gpus.DefaultIfEmpty(0)
            : settings.GpuIds.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : 0);
        return [.. named.Distinct().Select(Gpu)];
    }

    /// <summary>The name of a GPU.</summary>
    public static string Gpu(int id) => string.Create(CultureInfo.InvariantCulture, $"gpu {id}");

    /// <summary>The first device that a waiting run cannot have yet; null when it can start, and then its slots are acquired. Ask in the order of the queue.</summary>
    /// <param name="wanted">Its devices.</param>
    /// <param name="free">Free slots by device; one that is not there is a GPU with one. Changed by this call.</param>
    public static string? Acquire(IReadOnlyList<string> wanted, Dictionary<string, int> free)
    {
        string? missing = wanted.FirstOrDefault(device => free.GetValueOrDefault(device, 1) < 1);

        // Devices that it waits for are kept for it: later runs do not get them.
        foreach (string device in wanted) free[device] = free.GetValueOrDefault(device, 1) - 1;
        return missing;
    }

    /// <summary>Releases what a run acquired that does not start after all.</summary>
    public static void Release(IReadOnlyList<string> wanted, Dictionary<string, int> free)
    {
        foreach (string device in wanted) free[device]++;
    }
}
