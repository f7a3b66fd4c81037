namespace Unmask.Core;

/// <summary>The memory of this machine, or of the container that this process runs in.</summary>
public static class MachineMemory
{
    /// <summary>Environment variable by which a process whose .NET memory is limited learns of the machine's, in bytes: .NET then tells it the limit alone.</summary>
    private const string Variable = "UNMASK_MACHINE_MEMORY";

    /// <summary>Bytes of it.</summary>
    public static long Bytes { get; } = long.TryParse(Environment.GetEnvironmentVariable(Variable), NumberStyles.None, CultureInfo.InvariantCulture, out var told) && told > 0
        ? told
        : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>Tells it to a process that is about to start.</summary>
    internal static void AddTo(IDictionary<string, string?> environment) => environment[Variable] = Bytes.ToString(CultureInfo.InvariantCulture);
}
