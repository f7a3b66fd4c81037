using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Unmask.EndToEnd;

/// <summary>What every program that these tests start finds around it.</summary>
internal static partial class Surroundings
{
    private const int Interrupt = 2;

    [ModuleInitializer]
    internal static void Set()
    {
        // One thread a process: the models are tiny and several processes are at work, which would only wait for each other. What is computed is the same.
        if (Environment.GetEnvironmentVariable("OMP_NUM_THREADS") is null) Environment.SetEnvironmentVariable("OMP_NUM_THREADS", "1");

        // Short programs get nothing back from the counting that later optimization would use; it costs them an eighth of their time.
        Environment.SetEnvironmentVariable("DOTNET_TieredPGO", "0");

        // A shell without a terminal starts what goes on in its background with Ctrl+C ignored, and programs inherit that.
        if (OperatingSystem.IsLinux() && IgnoresInterrupt()) _ = SetHandler(Interrupt, 0);
    }

    private static bool IgnoresInterrupt()
    {
        var mask = File.ReadLines("/proc/self/status").First(line => line.StartsWith("SigIgn:", StringComparison.Ordinal)).Split(':')[1].Trim();
        return (ulong.Parse(mask, NumberStyles.HexNumber, CultureInfo.InvariantCulture) & (1UL << (Interrupt - 1))) != 0;
    }

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetHandler(int signal, nint handler);
}
