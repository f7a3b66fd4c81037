using Unmask.Core.Parameters;
using Unmask.Engine.Adapters;
using Unmask.Engine.Models;

namespace Unmask.Engine.Training.Planning;

/// <summary>The weights of a run: how many there are and are trained, and what they and their optimiser take.</summary>
/// <param name="All">Values of the model, adapters included.</param>
/// <param name="Trained">Values that are trained.</param>
/// <param name="Bytes">Of all, in memory.</param>
/// <param name="TrainedBytes">Of one trained value.</param>
/// <param name="OptimizerBytes">Moments, and what weights of 16 bits lack of float32.</param>
/// <param name="OutputBytes">Of what comes out, on disk.</param>
public sealed record WeightNeeds(long All, long Trained, long Bytes, long TrainedBytes, long OptimizerBytes, long OutputBytes)
{
    /// <summary>4 bits, an 8-bit scale for 64 values, a float32 scale for 256 of those (arXiv 2305.14314).</summary>
    private const double BytesOf4Bit = 0.5 + 1.0 / 64 + 4.0 / (64 * 256);

    /// <summary>Whether the vocabulary table is among the trained.</summary>
    public required bool TablesTrained { get; init; }

    /// <summary>Memory in which one 4-bit weight at a time is unpacked.</summary>
    public long ScratchBytes { get; init; }

    /// <summary>What adapters keep of a token for the backward pass, over all layers: the input in float32 and dropped, and the low-rank product.</summary>
    public double BranchBytesOfToken { get; init; }

    /// <summary>Size of one checkpoint: what is trained, and its optimiser.</summary>
    public long CheckpointBytes => Trained * TrainedBytes + OptimizerBytes;

    /// <param name="parameters">The settings.</param>
    /// <param name="config">The model's configuration.</param>
    /// <param name="adapter">The adapter that is trained in place of the model; null for none.</param>
    public static WeightNeeds Of(TrainParameters parameters, ModelConfig config, AdapterPlan? adapter)
    {
        var values = config.ParameterCount;
        // Two moments in float32; beside bfloat16 the other 16 bits of each weight, beside float16 a copy in float32.
        var (bytes, optimizer) = parameters.Dtype switch { TrainDtype.Float32 => (4L, 8L), TrainDtype.Float16 => (2L, 12L), _ => (2L, 10L) };
        if (adapter is null) return new WeightNeeds(values, values, values * bytes, bytes, values * optimizer, values * bytes) { TablesTrained = true };

        var (held, scratch) = Held(config, bytes, parameters.LoadIn4bit);
        // Adapters are float32 whatever the base is.
        return new WeightNeeds(values + adapter.Elements, adapter.Elements, held + adapter.Elements * 4, TrainedBytes: 4, adapter.Elements * 8, adapter.Elements * 4 + (parameters.FuseAdaptor ? values * bytes : 0))
        {
            TablesTrained = false,
            ScratchBytes = scratch,
            BranchBytesOfToken = adapter.Layers.Sum(layer => layer.Shape.In * 4.0 + layer.Rank * 4.0),
        };
    }

    /// <summary>What a model's weights take in memory, and the room in which one 4-bit weight at a time is unpacked.</summary>
    /// <param name="config">The model's configuration.</param>
    /// <param name="bytes">Of a plain value.</param>
    /// <param name="in4Bit">Whether linear layers are held in 4 bits; those of a model that is stored so are in any case.</param>
    public static (long Bytes, long ScratchBytes) Held(ModelConfig config, long bytes, bool in4Bit)
    {
        if (!in4Bit && !config.IsIn4Bit) return (config.ParameterCount * bytes, 0);
        var linears = config.LinearLayers();
        var quantised = linears.Sum(linear => linear.In * linear.Out);
        return ((config.ParameterCount - quantised) * bytes + (long)(quantised * BytesOf4Bit), linears.Max(linear => linear.In * linear.Out) * bytes);
    }
}
