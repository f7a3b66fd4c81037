using Unmask.Core.Parameters;
using Unmask.Engine.Adapters;
using Unmask.Engine.Models;

namespace Unmask.Engine.Training.Planning;

/// <summary>The weights of a run: how many there are and are trained, and what they and their optimiser take.</summary>
/// <param name="All">Values of the model, adapters included.</param>
/// <param name="Trained">Values that are trained.</param>
/// <param name="Bytes">Of all, in memory.</param>
/// <param name="TrainedBytes">Of one trained value.</param>
/// <param name="OptimizerBytes">Moments, and the low halves of bfloat16 weights.</param>
/// <param name="OutputBytes">Of what comes out, on disk.</param>
public sealed record TrainedWeights(long All, long Trained, long Bytes, long TrainedBytes, long OptimizerBytes, long OutputBytes)
{
    /// <summary>4 bits, an 8-bit scale for 64 values, a float32 scale for 256 of those (arXiv 2305.14314).</summary>
    private const double BytesOf4Bit = 0.5 + 1.0 / 64 + 4.0 / (64 * 256);

    /// <summary>Whether the vocabulary table is among the trained.</summary>
    public required bool TablesTrained { get; init; }

    /// <summary>Memory in which one 4-bit weight at a time is unpacked.</summary>
    public long ScratchBytes { get; init; }

    /// <summary>What adapters keep of a token for the backward pass, over all layers: the input in float32 and dropped, its mask, and the low-rank product.</summary>
    public double BranchBytesOfToken { get; init; }

    /// <summary>Size of one checkpoint: what is trained, and its optimiser.</summary>
    public long CheckpointBytes => Trained * TrainedBytes + OptimizerBytes;

    /// <param name="parameters">The settings.</param>
    /// <param name="architecture">The model's architecture.</param>
    /// <param name="config">Its configuration.</param>
    public static TrainedWeights Of(TrainParameters parameters, Architecture architecture, ModelConfig config)
    {
        var values = config.ParameterCount;
        // Two moments in float32, and the other 16 bits of each weight beside weights of 16 bits.
        var (bytes, optimizer) = parameters.Dtype == TrainDtype.Float32 ? (4L, 8L) : (2L, 10L);
        if (!parameters.Lora) return new TrainedWeights(values, values, values * bytes, bytes, values * optimizer, values * bytes) { TablesTrained = true };

        var plan = AdapterPlan.Of(LoraSettings.Of(parameters, baseModel: ""), architecture, config);
        var linears = config.LinearLayers();
        var quantised = parameters.LoadIn4bit ? linears.Sum(linear => linear.In * linear.Out) : 0;
        var held = (values - quantised) * bytes + (long)(quantised * BytesOf4Bit);
        // Adapters are float32 whatever the base is.
        return new TrainedWeights(values + plan.Elements, plan.Elements, held + plan.Elements * 4, TrainedBytes: 4, plan.Elements * 8, plan.Elements * 4 + values * bytes)
        {
            TablesTrained = false,
            ScratchBytes = quantised > 0 ? linears.Max(linear => linear.In * linear.Out) * bytes : 0,
            BranchBytesOfToken = plan.Layers.Sum(layer => layer.Shape.In * 5.0 + layer.Rank * 4.0),
        };
    }
}
