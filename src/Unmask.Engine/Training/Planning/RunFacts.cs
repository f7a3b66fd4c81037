using Unmask.Core.Parameters;
using Unmask.Engine.Data.Preparation;
using Unmask.Engine.Data.Rows;
using Unmask.Engine.Models;
using Unmask.Engine.Native;

namespace Unmask.Engine.Training.Planning;

/// <summary>What is known of a run before its weights are loaded, for the rules that judge its settings.</summary>
public static class RunFacts
{
    /// <param name="parameters">The settings.</param>
    /// <param name="subject">Model and tokenizer.</param>
    /// <param name="data">The rows; null while they are not prepared.</param>
    /// <param name="folder">Where the run is, or will be, written.</param>
    /// <param name="presentCheckpoints">Bytes of checkpoints that make room for new ones.</param>
    public static ValidationFacts Of(TrainParameters parameters, TrainingSubject subject, PreparedData? data, string folder, long presentCheckpoints = 0)
    {
        var special = subject.Tokenizer.Special;
        var engine = EngineRuntime.Start();
        var device = TrainingDevice.Of(parameters, engine.CudaAvailable);
        var onGpu = device.type == TorchSharp.DeviceType.CUDA;
        var gpu = onGpu ? NvidiaDevice.Find(device.index) : null;
        var weights = WeightNeeds.Of(parameters, subject.Config, subject.Adapter);
        var load = data is null ? BatchLoad.None : BatchLoad.Largest(parameters, data.Train);
        return new ValidationFacts
        {
            ModelClass = subject.Architecture.ClassName,
            MethodOfModel = subject.Architecture.Method,
            Tokenizer = new TokenizerFacts(special.Pad, special.Eos),
            Inputs = [.. TrainingSubject.Problems(parameters, subject.Architecture, subject.Config, VocabularyFacts.Of(subject.Tokenizer)), .. subject.Overruled()],
            TrainRows = data?.Train.Count,
            KeptRows = data?.Report.Read.Kept,
            TruncatedRows = data?.Report.Read.Truncated,
            DroppedRows = data?.Report.Read.Dropped,
            EvalRows = data is null ? null : data.Eval?.Count ?? 0,
            CudaAvailable = engine.CudaAvailable,
            GpuCount = engine.CudaDevices,
            ModelBytes = weights.OutputBytes,
            CheckpointBytes = weights.CheckpointBytes,
            Gpu = gpu,
            PlainTextRows = data?.Report.Read.Rules.GetValueOrDefault(RowRule.PlainText),
            FreeDiskBytes = FreeDisk(folder) + presentCheckpoints,
            EstimatedMemoryBytes = MemoryEstimate.Of(parameters, subject.Architecture, subject.Config, subject.Adapter, load, onGpu).Peak,
            // A GPU's where its driver tells it; the machine's else.
            DeviceMemoryBytes = onGpu ? gpu?.FreeBytes : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
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
