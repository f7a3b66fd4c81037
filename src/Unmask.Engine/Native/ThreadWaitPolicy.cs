using System.Runtime.InteropServices;

namespace Unmask.Engine.Native;

/// <summary>
/// Lets the OpenMP threads of LibTorch wait for each other in sleep sooner. As shipped they spin for milliseconds at every barrier: on a machine
/// with other work each then burns the time slice that the other waits for, and a step takes 2 to 10 times as long. On a quiet machine nothing changes.
/// </summary>
internal static partial class ThreadWaitPolicy
{
    private const string Spins = "GOMP_SPINCOUNT";

    /// <summary>Must run before LibTorch is loaded, whose OpenMP library reads the environment once.</summary>
    public static void Apply()
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is not null) return;
        try
        {
            // The C library's environment: .NET keeps a copy of its own. A value that the user set stays.
            setenv(Spins, "3000", overwrite: 0);
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            // No C library of that name: the threads spin as shipped.
            return;
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);
}
