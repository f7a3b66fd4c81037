using Unmask.Core.Parameters;
using Unmask.Core.Planning;
using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Adapters.Planning;
using Unmask.Engine.Modeling.Attention;
using Unmask.Engine.Objectives.Losses;
using Unmask.Engine.Tensors;
using Unmask.Engine.Training;

namespace Unmask.Engine.Planning;

/// <summary>Estimates what a run takes of memory.</summary>
public static class MemoryNeeds
{
    /// <summary>Measured: .NET, LibTorch, a tokenizer.</summary>
    public const long ProgramBytes = 320L << 20;

    /// <summary>Measured on glibc: its gaps grow with the activations, and with batches of ever other widths up to about this beyond.</summary>
    private const long MostGapBytes = 250L << 20;

    private const double GapShare = 0.3;

    /// <summary>LibTorch's allocator on a GPU, which rounds blocks up and uses them again.</summary>
    private const double GapShareOnGpu = 0.1;

    /// <param name="parameters">The settings.</param>
    /// <param name="architecture">The model's architecture.</param>
    /// <param name="config">Its configuration.</param>
    /// <param name="adapter">The adapter that is trained in place of the model; null for none.</param>
    /// <param name="load">The largest micro-batch; <see cref="BatchLoad.None"/> while no row is known.</param>
    /// <param name="onGpu">Whether it trains on a GPU.</param>
    public static MemoryEstimate Of(TrainParameters parameters, Architecture architecture, ModelConfig config, AdapterPlan? adapter, BatchLoad load, bool onGpu)
    {
        var own = OfProcess(parameters, architecture, config, adapter, load, onGpu);
        if (parameters.NumProcesses is not > 1) return own;
        return own with
        {
            Processes = parameters.NumProcesses.Value,
            ByZeroStage = [.. Enumerable.Range(0, 3).Select(stage => OfProcess(parameters with { ZeroStage = stage }, architecture, config, adapter, load, onGpu).Peak)],
        };
    }

    private static MemoryEstimate OfProcess(TrainParameters parameters, Architecture architecture, ModelConfig config, AdapterPlan? adapter, BatchLoad load, bool onGpu)
    {
        var processes = parameters.NumProcesses ?? 1;
        var weights = WeightNeeds.Of(parameters, config, adapter);
        var bytes = parameters.Dtype == TrainDtype.Float32 ? 4L : 2L;
        // Over processes, too, gradients of 16 bits add up in float32; ZeRO's second stage keeps them by shares from part to part.
        var accumulates = parameters.GradientAccumulationSteps > 1 || processes > 1;
        // With accumulation, gradients of 16 bits add up in float32.
        var staying = accumulates ? weights.Trained * 4 / (parameters.ZeroStage >= 2 ? processes : 1) : weights.TrainedTableBytes;
        var passing = weights.TrainedBytes - (accumulates ? 0 : staying);
        var optimizer = weights.OptimizerBytes / (parameters.ZeroStage >= 1 ? processes : 1);
        var activations = (long)ActivationBytes(parameters, architecture, config, load, onGpu, bytes, weights);
        var gaps = onGpu ? (long)(GapShareOnGpu * activations) : Math.Min(MostGapBytes, 4 * activations) + (long)(GapShare * activations);
        return new MemoryEstimate(
            ProgramBytes, weights.Bytes + weights.ScratchBytes, staying, optimizer, Math.Max(activations, passing), LogitsBytes(config, load, bytes), gaps);
    }

    private static double ActivationBytes(
        TrainParameters parameters, Architecture architecture, ModelConfig config, BatchLoad load, bool onGpu, long bytes, WeightNeeds weights)
    {
        var keeps = architecture.Keeps;
        double width = config.Width;
        var (widths, intermediates) = !weights.LayersTrained
            ? (keeps.Widths - keeps.FrozenWidths, keeps.Intermediates - keeps.FrozenIntermediates)
            : (keeps.Widths, keeps.Intermediates);
        var ofToken = (widths * width + intermediates * config.IntermediateWidth) * bytes
            + (bytes < 4 ? keeps.Float32Widths * width * 4 : 0) + weights.BranchBytesOfToken / config.Layers;
        var layer = load.Tokens * ofToken + ScoreBytes(parameters, config, load, onGpu, bytes) + WidenedAttentionBytes(parameters, config, load, onGpu);
        // Beside what is kept, the layer whose backward pass runs holds gradients of its own.
        var running = load.Tokens * (4 * width + 2 * config.IntermediateWidth) * bytes + WidenedBytes(parameters, config, load, onGpu);
        var hidden = (double)load.Tokens * width * bytes;
        return parameters.ActivationCheckpointing ? (config.Layers + 1) * hidden + layer + running : config.Layers * layer + running;
    }

    /// <summary>Factors and result of the largest product in float32, where the CPU has no instructions for the type.</summary>
    private static double WidenedBytes(TrainParameters parameters, ModelConfig config, BatchLoad load, bool onGpu)
    {
        if (!Products.AreWidened(TrainingDevice.Dtype(parameters), !onGpu)) return 0;
        var largest = config.Parameters.Where(spec => spec.Shape.Length == 2).Max(spec => spec.Elements);
        return 4.0 * (Math.Min(largest, Products.Portion) + load.Tokens * (config.Width + config.IntermediateWidth));
    }

    /// <summary>Queries, keys, values and result in float32, which a layer keeps there of rows that are too long for the short form.</summary>
    private static double WidenedAttentionBytes(TrainParameters parameters, ModelConfig config, BatchLoad load, bool onGpu) =>
        Products.AreWidened(TrainingDevice.Dtype(parameters), !onGpu) && load.LongestRow > ShortAttention.LongestSequence ? 4.0 * 4 * load.Tokens * config.Width : 0;

    /// <summary>Attention weights that a layer keeps: none in the fused and the short form, [H, L, L] of each row in the plain one, with a copy under dropout.</summary>
    private static double ScoreBytes(TrainParameters parameters, ModelConfig config, BatchLoad load, bool onGpu, long bytes)
    {
        var copies = config.AttentionDropout > 0 ? 2 : ScaledDotProductAttention.KeepsWeights(parameters.Dtype == TrainDtype.Bfloat16, onGpu, load.LongestRow) ? 1 : 0;
        return copies * config.Heads * (double)load.SquaredLengths * bytes;
    }

    private static long LogitsBytes(ModelConfig config, BatchLoad load, long bytes)
    {
        var rows = Math.Min(load.Tokens, MaskedCrossEntropy.ChunkRows(config.VocabularySize));
        // The logits, in the type of the model and in float32.
        return rows * config.VocabularySize * (4 + bytes);
    }
}
