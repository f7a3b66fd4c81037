using System.Reflection;
using System.Runtime.InteropServices;
using Unmask.Core;
using Unmask.Core.Protocol;

namespace Unmask.Engine.Diagnosis;

/// <summary>System, memory, disk, terminal and the programs beside us.</summary>
public static class Machine
{
    private const double Giga = 1L << 30;

    /// <summary>Version of this program, with the commit it was built from where that is known.</summary>
    public static string Version { get; } =
        typeof(Machine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    public static HealthCheck System() => new("system", HealthState.Ok, $"{RuntimeInformation.OSDescription}, {RuntimeInformation.RuntimeIdentifier}")
    {
        Facts = new Dictionary<string, object?>
        {
            ["description"] = RuntimeInformation.OSDescription,
            ["runtime_identifier"] = RuntimeInformation.RuntimeIdentifier,
        },
    };

    public static HealthCheck Versions() => new("versions", HealthState.Ok, $"unmask {Version}, {RuntimeInformation.FrameworkDescription}")
    {
        Facts = new Dictionary<string, object?> { ["unmask"] = Version, ["dotnet"] = Environment.Version.ToString() },
    };

    /// <summary>Memory that can still be had, within the limit of the container where there is one.</summary>
    public static HealthCheck Memory()
    {
        var (total, free) = MemoryRoom();
        var state = free < Giga ? HealthState.Fail : free < 4 * Giga ? HealthState.Warn : HealthState.Ok;
        return new HealthCheck("memory", state, $"{Format.Bytes(free)} free of {Format.Bytes(total)}")
        {
            Problem = state == HealthState.Ok ? null
                : $"Only {Format.Bytes(free)} of memory are free. Close other programs, or train a smaller model with a smaller batch_size.",
            Facts = new Dictionary<string, object?> { ["free_bytes"] = free, ["total_bytes"] = total },
        };
    }

    /// <summary>All memory, and what can still be had of it.</summary>
    public static Room MemoryRoom()
    {
        var total = MachineMemory.Bytes;
        return new Room(total, Math.Min(FreeBytes() ?? Math.Max(0, total - GC.GetGCMemoryInfo().MemoryLoadBytes), total));
    }

    /// <summary>The disk that holds a folder.</summary>
    public static Room DiskRoom(string folder)
    {
        var drive = new DriveInfo(Path.GetFullPath(folder));
        return new Room(drive.TotalSize, drive.AvailableFreeSpace);
    }

    /// <summary>Room and the right to write in <paramref name="folder"/>.</summary>
    public static HealthCheck Disk(string name, string folder)
    {
        var free = DiskRoom(folder).FreeBytes;
        var writable = CanWrite(folder);
        var state = !writable || free < Giga / 4 ? HealthState.Fail : free < 4 * Giga ? HealthState.Warn : HealthState.Ok;
        return new HealthCheck(name, state, $"{Format.Bytes(free)} free in {folder}{(writable ? "" : ", not writable")}")
        {
            Problem = state == HealthState.Ok ? null
                : writable ? $"Only {Format.Bytes(free)} are free in {folder}, which checkpoints and models need. Free some space or use another folder."
                : $"{folder} is not writable. Use another folder or change its permissions.",
            Facts = new Dictionary<string, object?> { ["folder"] = folder, ["free_bytes"] = free, ["writable"] = writable },
        };
    }

    public static HealthCheck Terminal()
    {
        var interactive = !Console.IsOutputRedirected;
        var colorless = Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 };
        int? width = interactive ? Console.WindowWidth : null;
        var value = interactive ? $"{width} columns{(colorless ? ", no colors (NO_COLOR)" : "")}" : "output goes to a file or a pipe: plain lines";
        return HealthCheck.OkOrWarn("terminal", value,
            width < 80 ? $"The terminal is {width} columns wide. The live training view needs 80." : null) with
        {
            Facts = new Dictionary<string, object?> { ["interactive"] = interactive, ["width"] = width, ["no_color"] = colorless },
        };
    }

    /// <summary>Viewers that are not needed, but nice to have.</summary>
    public static HealthCheck Viewers()
    {
        var found = new[] { "tensorboard", "wandb" }.ToDictionary(name => name, name => (object?)FindProgram(name));
        return new HealthCheck("viewers", HealthState.Ok, string.Join(", ", found.Select(pair => $"{pair.Key} {pair.Value ?? "not found (optional)"}"))) { Facts = found };
    }

    private static long? FreeBytes()
    {
        const string LinuxFile = "/proc/meminfo";
        if (!File.Exists(LinuxFile)) return null;
        var line = File.ReadLines(LinuxFile).FirstOrDefault(line => line.StartsWith("MemAvailable:", StringComparison.Ordinal));
        return line is not null && long.TryParse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], out var kib) ? kib * 1024 : null;
    }

    private static bool CanWrite(string folder)
    {
        var probe = Path.Combine(folder, $".unmask-{Guid.NewGuid():N}");
        try
        {
            File.WriteAllBytes(probe, [0]);
            File.Delete(probe);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string? FindProgram(string name)
    {
        string[] endings = OperatingSystem.IsWindows() ? [".exe", ".cmd"] : [""];
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(folder => endings.Select(ending => Path.Combine(folder, name + ending)))
            .FirstOrDefault(File.Exists);
    }
}
