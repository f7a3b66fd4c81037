using Unmask.Core.Parameters;
using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Adapters.Planning;

namespace Unmask.Engine.Planning;

/// <summary>The weights of a run: how many there are and are trained, and what they and their optimizer take.</summary>
/// <param name="All">Values of the model, adapters included.</param>
/// <param name="Trained">Values that are trained.</param>
/// <param name="Bytes">Of all, in memory.</param>
/// <param name="TrainedBytes">Of those that are trained.</param>
/// <param name="OptimizerBytes">Moments, and what weights of 16 bits lack of float32.</param>
/// <param name="OutputBytes">Of what comes out, on disk.</param>
public sealed record WeightNeeds(long All, long Trained, long Bytes, long TrainedBytes, long OptimizerBytes, long OutputBytes)
{
    /// <summary>4 bits, an 8-bit scale for 64 values, a float32 scale for 256 of those (arXiv 2305.14314).</summary>
    private const double BytesOf4Bit = 0.5 + 1.0 / 64 + 4.0 / (64 * 256);

    /// <summary>Bytes of the vocabulary tables that are trained, whose gradients are there for the whole step.</summary>
    public required long TrainedTableBytes { get; init; }

    /// <summary>Whether layers keep for the backward pass what only the gradients of weights need.</summary>
    public required bool LayersTrained { get; init; }

    /// <summary>Memory in which one 4-bit weight at a time is unpacked.</summary>
    public long ScratchBytes { get; init; }

    /// <summary>What adapters keep of a token for the backward pass, over all layers: the input in float32 and dropped, and the low-rank product.</summary>
    public double BranchBytesOfToken { get; init; }

    /// <summary>Size of one checkpoint: what is trained, and its optimizer.</summary>
    public long CheckpointBytes => TrainedBytes + OptimizerBytes;

    /// <param name="parameters">The settings.</param>
    /// <param name="config">The model's configuration.</param>
    /// <param name="adapter">The adapter that is trained in place of the model; null for none.</param>
    public static WeightNeeds Of(TrainParameters parameters, ModelConfig config, AdapterPlan? adapter)
    {
        var values = config.ParameterCount;
        // Two moments in float32; beside bfloat16 the other 16 bits of each weight, beside float16 a copy in float32.
        var (bytes, optimizer) = parameters.Dtype switch { TrainDtype.Float32 => (4L, 8L), TrainDtype.Float16 => (2L, 12L), _ => (2L, 10L) };
        long Tables(IEnumerable<(long[] Shape, long Elements)> all) => all.Where(one => one.Shape is [var rows, _] && rows == config.VocabularySize).Sum(one => one.Elements) * bytes;
        if (adapter is null)
        {
            return new WeightNeeds(values, values, values * bytes, values * bytes, values * optimizer, values * bytes)
            {
                TrainedTableBytes = Tables(config.Parameters.Select(spec => (spec.Shape, spec.Elements))),
                LayersTrained = true,
            };
        }

        if (adapter.Unties) values += (long)config.VocabularySize * config.Width;
        var (held, scratch) = Held(config, bytes, parameters.LoadIn4bit, adapter.PlainWeights);
        held += (values - config.ParameterCount) * bytes;
        var (own, saved) = (adapter.OwnElements, adapter.SavedElements);
        var trained = adapter.Saved.Where(one => one.Trained).ToArray();
        // Branches are float32 whatever the base is; parameters of the model that are trained have its type.
        return new WeightNeeds(values + own, own + saved, held + own * 4, own * 4 + saved * bytes, own * 8 + saved * optimizer, own * 4 + saved * bytes + (parameters.FuseAdapter ? values * bytes : 0))
        {
            TrainedTableBytes = Tables(trained.Select(one => (one.Shape, one.Elements))),
            LayersTrained = trained.Any(one => one.Shape is [var rows, _] && rows != config.VocabularySize),
            ScratchBytes = scratch,
            BranchBytesOfToken = adapter.Layers.Where(layer => layer.Kind != AdaptedKind.Table).Sum(layer => layer.Shape.In * 4.0 + layer.Rank * 4.0 + (layer.Dora ? layer.Shape.Out * 8.0 : 0)),
        };
    }

    /// <summary>What a model's weights take in memory, and the room in which one 4-bit weight at a time is unpacked.</summary>
    /// <param name="config">The model's configuration.</param>
    /// <param name="bytes">Of a plain value.</param>
    /// <param name="in4Bit">Whether linear layers are held in 4 bits; those of a model that is stored so are in any case.</param>
    /// <param name="plain">Weights that are plain in any case; null for none.</param>
    public static (long Bytes, long ScratchBytes) Held(ModelConfig config, long bytes, bool in4Bit, IReadOnlyCollection<string>? plain = null)
    {
        if (!in4Bit && !config.IsIn4Bit) return (config.ParameterCount * bytes, 0);
        var linears = config.LinearLayers().Where(linear => plain?.Contains($"{linear.Path}.weight") != true).ToArray();
        var quantized = linears.Sum(linear => linear.In * linear.Out);
        return ((config.ParameterCount - quantized) * bytes + (long)(quantized * BytesOf4Bit), linears.Select(linear => linear.In * linear.Out).DefaultIfEmpty().Max() * bytes);
    }
}
