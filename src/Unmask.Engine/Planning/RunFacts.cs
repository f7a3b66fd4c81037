using Unmask.Core;
using Unmask.Core.Parameters.Validation;
using Unmask.Engine.Collectives;
using Unmask.Engine.Data.Preparation;
using Unmask.Engine.Data.Rows.Rules;
using Unmask.Engine.Runtime;
using Unmask.Engine.Training.Preparation;

namespace Unmask.Engine.Planning;

/// <summary>What is known of a run before its weights are loaded, for the rules that judge its settings.</summary>
public static class RunFacts
{
    /// <param name="subject">Model and tokenizer.</param>
    /// <param name="data">The rows; null while they are not prepared.</param>
    /// <param name="needs">What the run takes.</param>
    /// <param name="folder">Where the run is, or will be, written.</param>
    /// <param name="presentCheckpoints">Bytes of checkpoints that make room for new ones.</param>
    public static ValidationFacts Of(TrainingSubject subject, PreparedData? data, RunNeeds needs, string folder, long presentCheckpoints = 0)
    {
        var engine = UnmaskRuntime.Start();
        var gpu = needs.OnGpu ? NvidiaDevice.Find(needs.Device.index) : null;
        return subject.Facts() with
        {
            TrainRows = data?.Train.Count,
            KeptRows = data?.Report.Read.Kept,
            TruncatedRows = data?.Report.Read.Truncated,
            DroppedRows = data?.Report.Read.Dropped,
            EvalRows = data is null ? null : data.Eval?.Count ?? 0,
            CudaAvailable = engine.CudaAvailable,
            GpuCount = engine.CudaDevices,
            ModelBytes = needs.Weights.OutputBytes,
            CheckpointBytes = needs.Weights.CheckpointBytes,
            Gpu = gpu,
            PlainTextRows = data?.Report.Read.Rules.GetValueOrDefault(RowRule.PlainText),
            FreeDiskBytes = FreeDisk(folder) + presentCheckpoints,
            // The processes of a run on CPUs share the memory of their machine; each GPU has its own.
            EstimatedMemoryBytes = needs.Memory.Peak * (needs.OnGpu ? 1 : RankPlace.Find(Environment.GetEnvironmentVariable)?.LocalSize ?? needs.Memory.Processes),
            // A GPU's where its driver tells it; the machine's else.
            DeviceMemoryBytes = needs.OnGpu ? gpu?.FreeBytes : MachineMemory.Bytes,
        };
    }

    /// <summary>Free bytes of the disk that holds a folder, which need not exist yet.</summary>
    public static long FreeDisk(string folder)
    {
        var present = Path.GetFullPath(folder);
        while (!Directory.Exists(present) && Path.GetDirectoryName(present) is { } parent) present = parent;
        return new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(present)! : present).AvailableFreeSpace;
    }
}
