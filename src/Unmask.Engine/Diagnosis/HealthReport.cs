using Unmask.Core.Protocol;
using Unmask.Engine.Runtime;

namespace Unmask.Engine.Diagnosis;

/// <summary>The machine, looked at as a whole.</summary>
public static class HealthReport
{
    /// <summary>Everything that decides whether it can train.</summary>
    /// <param name="folder">Folder in which runs would lie.</param>
    /// <param name="measure">Whether to measure how fast and how exactly it multiplies.</param>
    public static IEnumerable<HealthCheck> Checks(string folder, bool measure) =>
    [
        Machine.Versions(),
        Machine.System(),
        CpuCheck.Inspect(),
        Machine.Memory(),
        Machine.Disk("disk", folder),
        Machine.Disk("temp", Path.GetTempPath()),
        .. NativeEngine.Look(measure),
    ];

    /// <summary>The same for pages.</summary>
    /// <inheritdoc cref="Checks"/>
    public static MachineReport Report(string folder, bool measure)
    {
        var findings = Checks(folder, measure).ToArray();
        var engine = findings.Any(finding => finding is { Name: "engine", State: HealthState.Fail }) ? null : UnmaskRuntime.Start();
        return new MachineReport(
            global::System.Runtime.InteropServices.RuntimeInformation.OSDescription, CpuCheck.Model(), Environment.ProcessorCount, [.. CpuCheck.Instructions()],
            Machine.MemoryRoom(), Machine.DiskRoom(folder), Devices(engine), Versions(engine), findings)
        {
            Threads = engine?.Threads,
        };
    }

    /// <summary>Where models can compute here.</summary>
    /// <param name="engine">The native engine; null where it does not load, and then nothing can.</param>
    public static IReadOnlyList<ComputeDevice> Devices(EngineReport? engine) => engine is null
        ? []
        : [new ComputeDevice("cpu", CpuCheck.Model(), CpuCheck.HasBfloat16, Machine.MemoryRoom()), .. Enumerable.Range(0, engine.CudaDevices).Select(Gpu)];

    private static ComputeDevice Gpu(int number) => NvidiaDevice.Find(number) is { } gpu
        ? new ComputeDevice($"cuda:{number}", gpu.Name ?? $"GPU {number}", gpu.Bfloat16, new Room(gpu.MemoryBytes, gpu.FreeBytes)) { Processes = gpu.Processes }
        : new ComputeDevice($"cuda:{number}", $"GPU {number}", Bfloat16: null, Memory: null);

    private static Dictionary<string, string> Versions(EngineReport? engine)
    {
        var versions = new Dictionary<string, string> { ["unmask"] = Machine.Version, ["dotnet"] = Environment.Version.ToString() };
        if (engine is null) return versions;
        versions["torchsharp"] = engine.TorchSharpVersion;
        versions["libtorch"] = engine.LibTorchVersion;
        return versions;
    }
}
