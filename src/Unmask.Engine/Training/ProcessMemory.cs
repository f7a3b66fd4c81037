using System.Diagnostics;
using System.Globalization;

namespace Unmask.Engine.Training;

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

    private static long? Status(string key)
    {
        if (!OperatingSystem.IsLinux()) return null;
        var line = File.ReadLines("/proc/self/status").FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal));
        return line is null ? null : long.Parse(line.Split(' ', '\t').First(word => word.Length > 0 && char.IsDigit(word[0])), CultureInfo.InvariantCulture) * 1024;
    }
}
