namespace Unmask.Core.Protocol;

/// <summary>Asks what the machine is, and what is wrong with it.</summary>
/// <param name="Folder">Folder whose disk is looked at; the engine's own when null.</param>
/// <param name="Measure">Also measure how fast and how exactly it multiplies, which takes some tenths of a second.</param>
public sealed record MachineRequest(string? Folder = null, bool Measure = false) : EngineRequest<MachineReport>, IRepeatableRequest;

/// <summary>The machine.</summary>
/// <param name="System">The operating system.</param>
/// <param name="Processor">Model of the processor.</param>
/// <param name="Cores">Threads that the system gives.</param>
/// <param name="Instructions">What it can do beyond the plain: AVX-512, AMX, bf16.</param>
/// <param name="Memory">Memory of the machine, or of the container that limits it.</param>
/// <param name="Disk">The disk of the folder.</param>
/// <param name="Devices">Where models can compute: the processor first, then each GPU that this build can use.</param>
/// <param name="Versions">Versions of this program and of what it stands on, by name.</param>
/// <param name="Findings">Everything that was looked at, each with its state and, where something is wrong, a sentence with the way out.</param>
public sealed record MachineReport(
    string System, string Processor, int Cores, IReadOnlyList<string> Instructions, Room Memory, Room Disk,
    IReadOnlyList<ComputeDevice> Devices, IReadOnlyDictionary<string, string> Versions, IReadOnlyList<HealthCheck> Findings)
{
    /// <summary>Threads that one operation on the processor is spread over; null where the engine's library does not load.</summary>
    public int? Threads { get; init; }

    /// <summary>Whether nothing is broken.</summary>
    public bool Usable => Findings.All(finding => finding.State != HealthState.Fail);
}

/// <summary>Bytes in all, and those that are free.</summary>
public sealed record Room(long TotalBytes, long FreeBytes);

/// <summary>Where a model can compute.</summary>
/// <param name="Id"><c>cpu</c>, or <c>cuda:0</c> and so on.</param>
/// <param name="Name">For a person.</param>
/// <param name="Bfloat16">Whether it computes in bfloat16 by itself; null where its driver does not tell.</param>
/// <param name="Memory">Its memory; null where its driver does not tell.</param>
public sealed record ComputeDevice(string Id, string Name, bool? Bfloat16, Room? Memory)
{
    /// <summary>Processes that compute on it; null for the processor, and where the driver does not tell.</summary>
    public int? Processes { get; init; }
}
