using Unmask.Engine.Modeling.Attention;
using Unmask.Engine.Modeling.Blocks;
using Unmask.Engine.Modeling.Quantization;
using Unmask.Engine.Modeling.Sequences;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Architectures.Dream;

/// <summary>
/// Dream (arXiv 2508.15487): the body of Qwen2.5 (arXiv 2412.15115) without a causal mask. Made from an autoregressive model, it predicts at each
/// position the token after it. Parameters are plain tensors; the forward is functional.
/// </summary>
public sealed class DreamModel : MaskedLanguageModel
{
    private readonly DreamConfig config;
    private readonly ParameterSet parameters;
    private readonly EmbeddingTable embeddings;
    private readonly DreamLayer[] layers;
    private readonly RmsNorm finalNorm;
    private readonly Linear head;

    internal DreamModel(DreamConfig config, ParameterSet parameters)
    {
        this.config = config;
        this.parameters = parameters;
        embeddings = EmbeddingTable.OfTokens(parameters, DreamParameters.Embeddings, config.PadId);
        layers = [.. Enumerable.Range(0, config.Layers).Select(i => new DreamLayer(config, parameters, i))];
        finalNorm = new RmsNorm(parameters, DreamParameters.FinalNorm, config.NormEpsilon);
        head = Linear.Head(parameters, DreamParameters.HeadModule, config.TiesEmbeddings ? DreamParameters.Embeddings : DreamParameters.Head);
    }

    public override IReadOnlyList<NamedParameter> Parameters => parameters.All;

    public override IReadOnlyList<Linear> Linears => parameters.Linears;

    public override IReadOnlyList<EmbeddingTable> Tables => parameters.Tables;

    public override Linear? OutputHead => parameters.Head;

    public override Nf4Weights? Quantized => parameters.Quantized;

    public override int VocabularySize => config.VocabularySize;

    /// <summary>The context the model was made for. Rotary positions go on beyond it, with quality unknown, so <see cref="Encode"/> does not refuse more.</summary>
    public override int? MaximumLength => config.ContextLength;

    /// <summary>Padding of the original sees nothing, not even itself, and is scored all the same.</summary>
    public override bool TakesBlindTokens => true;

    /// <inheritdoc/>
    public override Tensor Encode(PackedSequences input, List<Tensor>? layers = null)
    {
        using var scope = NewDisposeScope();
        var packed = PackedOrder.Of(input);
        using var context = AttentionContext.Of(packed);
        var keys = Keys(packed.DropoutKeys_N);
        var report = new LayerReport(layers, packed);
        var hidden_ND = embeddings.LookUp(packed.Ids_N);
        foreach (var layer in this.layers)
        {
            report.Take(hidden_ND);
            var next_ND = Checkpointed(hidden_ND, x_ND => layer.Forward(x_ND, context, keys));
            hidden_ND.Dispose();
            hidden_ND = next_ND;
        }

        // The original reports the last layer's output after the final norm.
        return packed.Restore(report.Take(finalNorm.Apply(hidden_ND))).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Head(Tensor hidden_SD, TokenKey[]? dropoutKeys_S = null) => head.Apply(hidden_SD, Keys(dropoutKeys_S));
}
