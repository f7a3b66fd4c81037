using System.Diagnostics;

namespace Unmask.Core.Tracking.Wandb;

/// <summary>Measures of this process and of the machine, under the names that the official client has for them.</summary>
internal sealed class MachineMeter
{
    private const double Mebi = 1 << 20;

    private TimeSpan lastUsed = Process.GetCurrentProcess().TotalProcessorTime;
    private long lastLook = Stopwatch.GetTimestamp();

    /// <summary>What is measured now; what the system does not tell is left out.</summary>
    public IReadOnlyDictionary<string, double> Read()
    {
        using var process = Process.GetCurrentProcess();
        TimeSpan used = process.TotalProcessorTime;
        double elapsed = Stopwatch.GetElapsedTime(lastLook).TotalSeconds;
        Dictionary<string, double> values = new()
        {
            ["cpu"] = elapsed > 0 ? 100 * (used - lastUsed).TotalSeconds / elapsed / Environment.ProcessorCount : 0,
            ["proc.cpu.threads"] = process.Threads.Count,
            ["proc.memory.rssMB"] = process.WorkingSet64 / Mebi,
        };
        (lastUsed, lastLook) = (used, Stopwatch.GetTimestamp());
        if (Memory() is { } memory)
        {
            values["memory"] = 100 * (1 - (memory.Available / memory.Total));
            values["proc.memory.availableMB"] = memory.Available / Mebi;
            values["proc.memory.percent"] = 100 * process.WorkingSet64 / memory.Total;
        }

        return values;
    }

    private static (double Total, double Available)? Memory()
    {
        if (!File.Exists("/proc/meminfo")) return null;
        Dictionary<string, double> lines = File.ReadLines("/proc/meminfo").Select(line => line.Split([':', ' '], StringSplitOptions.RemoveEmptyEntries))
            .Where(parts => parts.Length >= 2).ToDictionary(parts => parts[0], parts => double.Parse(parts[1], CultureInfo.InvariantCulture) * 1024);
        return lines.TryGetValue("MemTotal", out double total) && lines.TryGetValue("MemAvailable", out double available) && total > 0 ? (total, available) : null;
    }
}
