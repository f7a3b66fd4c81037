namespace Unmask.Core.Runs.Processes;

/// <summary>When a process was started, as Linux counts it: in ticks from the boot, which no setting of the clock changes.</summary>
/// <param name="Name">The boot and the tick, the same whoever asks and whenever.</param>
/// <param name="Age">How long ago that was.</param>
internal sealed record LinuxBirth(string Name, TimeSpan Age)
{
    /// <summary>The kernel's unit towards programs, whatever its own is.</summary>
    private const double TicksASecond = 100;

    /// <summary>Of a process; null where there is none of that number, or no such account.</summary>
    public static LinuxBirth? From(int process)
    {
        if (!OperatingSystem.IsLinux()) return null;
        try
        {
            // The second field is the program's name in brackets and may hold anything; the start is the 22nd.
            var line = File.ReadAllText($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/stat");
            var ticks = long.Parse(line[(line.LastIndexOf(')') + 2)..].Split(' ')[19], CultureInfo.InvariantCulture);
            var uptime = double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);
            var boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
            return new LinuxBirth($"{boot}:{ticks.ToString(CultureInfo.InvariantCulture)}", TimeSpan.FromSeconds(uptime - ticks / TicksASecond));
        }
        catch (Exception absent) when (absent is IOException or UnauthorizedAccessException or FormatException or IndexOutOfRangeException)
        {
            return null;
        }
    }
}
