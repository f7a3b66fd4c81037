using Unmask.Core.Parameters;
using Unmask.Core.Runs;
using Unmask.Engine.Models;

namespace Unmask.Engine.Training;

/// <summary>What a run needs of memory and disk, never told too high: only a run that cannot succeed is refused by it.</summary>
/// <param name="ModelBytes">The weights.</param>
/// <param name="CheckpointBytes">Weights and state of the optimiser.</param>
/// <param name="MemoryBytes">Weights, gradients, state of the optimiser, and what the backward pass keeps of a batch.</param>
public sealed record TrainingNeeds(long ModelBytes, long CheckpointBytes, long MemoryBytes)
{
    /// <summary>
    /// What a layer keeps of a token, in numbers: inputs of both norms, query, key, value, output of the attention (6 widths), and the
    /// two sides of the activation in the feed-forward part (at least 2 widths each in every architecture here).
    /// </summary>
    private const int WidthsKeptOfToken = 10;

    /// <param name="parameters">The settings.</param>
    /// <param name="config">The model's configuration.</param>
    /// <param name="longestRow">Tokens of the longest row; 0 while the rows are not known.</param>
    /// <param name="adapterElements">Values of the adapter that is trained in place of the model; null for none.</param>
    public static TrainingNeeds Of(TrainParameters parameters, ModelConfig config, int longestRow, long? adapterElements = null)
    {
        long values = config.ParameterCount;
        // Two moments in float32, and the other 16 bits of each weight beside weights of 16 bits.
        var (bytes, optimizer) = parameters.Dtype == TrainDtype.Float32 ? (4L, 8L) : (2L, 10L);
        var kept = parameters.ActivationCheckpointing ? 1 : WidthsKeptOfToken;
        var activations = (long)parameters.BatchSize * longestRow * config.Layers * config.Width * kept * bytes;
        // Weight and two moments of an adapter are float32, and so is its gradient; the merged model is written in the type it is stored in, of 2 bytes at least.
        if (adapterElements is { } adapter) return new TrainingNeeds((adapter * 4) + (parameters.FuseAdaptor ? values * 2 : 0), adapter * 12, (values * bytes) + (adapter * 16) + activations);
        return new TrainingNeeds(values * bytes, values * (bytes + optimizer), values * (2 * bytes + optimizer) + activations);
    }

    /// <summary>Adds to the facts what the run needs and what there is.</summary>
    public ValidationFacts AddTo(ValidationFacts facts, RunFolder run, bool onGpu) => facts with
    {
        ModelBytes = ModelBytes,
        CheckpointBytes = CheckpointBytes,
        // The checkpoints that a resumed run has already make room for the new ones.
        FreeDiskBytes = FreeDisk(run.Path) + run.Checkpoints.All.Sum(checkpoint => checkpoint.Manifest?.Bytes ?? 0),
        EstimatedMemoryBytes = MemoryBytes,
        DeviceMemoryBytes = onGpu ? null : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
    };

    private static long FreeDisk(string folder) => new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(folder)! : folder).AvailableFreeSpace;
}
