using System.Runtime.CompilerServices;

namespace Unmask.EndToEnd;

/// <summary>What every program that these tests start finds around it.</summary>
internal static class Surroundings
{
    /// <summary>One thread a process: the models are tiny and several processes are at work, which would only wait for each other. What is computed is the same.</summary>
    [ModuleInitializer]
    internal static void Set()
    {
        if (Environment.GetEnvironmentVariable("OMP_NUM_THREADS") is null) Environment.SetEnvironmentVariable("OMP_NUM_THREADS", "1");
    }
}
