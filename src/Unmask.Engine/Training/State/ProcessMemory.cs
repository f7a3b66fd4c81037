using System.Diagnostics;

namespace Unmask.Engine.Training.State;

/// <summary>Memory of this process.</summary>
public static class ProcessMemory
{
    /// <summary>Resident memory now, in bytes.</summary>
    public static long ResidentBytes() => Status("VmRSS:") ?? Environment.WorkingSet;

    /// <summary>Highest resident memory so far, in bytes.</summary>
    public static long PeakBytes()
    {
        if (Status("VmHWM:") is { } peak) return peak;
        using var self = Process.GetCurrentProcess();
        return self.PeakWorkingSet64;
    }

    /// <summary>Lets the highest count from now on, where the system can do that.</summary>
    public static void ForgetPeak()
    {
        const string Switch = "/proc/self/clear_refs";
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            // 5 sets the peak to what is resident now (proc(5)).
            File.WriteAllText(Switch, "5");
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // A container without that right keeps the old peak.
        }
    }

    private static long? Status(string key)
    {
        if (!OperatingSystem.IsLinux()) return null;
        var line = File.ReadLines("/proc/self/status").FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal));
        return line is null ? null : long.Parse(line.Split(' ', '\t').First(word => word.Length > 0 && char.IsDigit(word[0])), CultureInfo.InvariantCulture) * 1024;
    }
}
