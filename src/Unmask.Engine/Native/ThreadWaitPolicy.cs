namespace Unmask.Engine.Native;

/// <summary>
/// Lets the OpenMP threads of LibTorch wait for each other in sleep sooner. As shipped they spin for milliseconds at every barrier: on a machine
/// with other work each then burns the time slice that the other waits for, and a step takes 2 to 10 times as long. On a quiet machine nothing changes.
/// </summary>
internal static class ThreadWaitPolicy
{
    private const string Spins = "GOMP_SPINCOUNT";

    /// <summary>Must run before LibTorch is loaded, whose OpenMP library reads the environment once.</summary>
    public static void Apply()
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is not null) return;
        // Without a C library of that name the threads spin as shipped.
        NativeEnvironment.Propose(Spins, "3000");
    }
}
