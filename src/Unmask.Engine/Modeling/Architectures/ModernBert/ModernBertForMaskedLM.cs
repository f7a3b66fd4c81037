using Unmask.Engine.Modeling.Attention;
using Unmask.Engine.Modeling.Blocks;
using Unmask.Engine.Modeling.Quantization;
using Unmask.Engine.Modeling.Regularization;
using Unmask.Engine.Modeling.Sequences;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Architectures.ModernBert;

/// <summary>
/// ModernBERT with its masked-language-model head (arXiv 2412.13663): rotary positions, alternating global and windowed attention,
/// gated feed-forward. Parameters are plain tensors; the forward is functional.
/// </summary>
public sealed class ModernBertForMaskedLM : MaskedLanguageModel
{
    private readonly ModernBertConfig config;
    private readonly ParameterSet parameters;
    private readonly EmbeddingTable embeddings;
    private readonly LayerNorm embeddingNorm;
    private readonly Dropout embeddingDropout;
    private readonly ModernBertLayer[] layers;
    private readonly LayerNorm finalNorm;
    private readonly Linear headDense;
    private readonly LayerNorm headNorm;
    private readonly Func<Tensor, Tensor> headActivation;
    private readonly Linear decoder;

    internal ModernBertForMaskedLM(ModernBertConfig config, ParameterSet parameters)
    {
        this.config = config;
        this.parameters = parameters;
        embeddings = EmbeddingTable.OfTokens(parameters, ModernBertParameters.Embeddings, config.PadId);
        embeddingNorm = new LayerNorm(parameters, ModernBertParameters.EmbeddingNorm, config.NormEpsilon);
        embeddingDropout = new Dropout("model.embeddings.drop", config.EmbeddingDropout);
        layers = [.. Enumerable.Range(0, config.Layers).Select(i => new ModernBertLayer(config, parameters, i))];
        finalNorm = new LayerNorm(parameters, ModernBertParameters.FinalNorm, config.NormEpsilon);
        headDense = new Linear(parameters, ModernBertParameters.HeadDense);
        headNorm = new LayerNorm(parameters, ModernBertParameters.HeadNorm, config.NormEpsilon);
        headActivation = Activation.Of(config.HeadActivationName);
        decoder = Linear.Head(parameters, ModernBertParameters.Decoder, config.TiesEmbeddings ? ModernBertParameters.Embeddings : ModernBertParameters.DecoderWeight, ModernBertParameters.DecoderBias);
    }

    public override IReadOnlyList<NamedParameter> Parameters => parameters.All;

    public override IReadOnlyList<Linear> Linears => parameters.Linears;

    public override IReadOnlyList<EmbeddingTable> Tables => parameters.Tables;

    public override Linear? OutputHead => parameters.Head;

    public override Nf4Weights? Quantized => parameters.Quantized;

    public override int VocabularySize => config.VocabularySize;

    /// <summary>The context the model was made for. Rotary positions go on beyond it, with quality unknown, so <see cref="Encode"/> does not refuse more.</summary>
    public override int? MaximumLength => config.ContextLength;

    /// <inheritdoc/>
    public override Tensor Encode(PackedSequences input, List<Tensor>? layers = null)
    {
        using var scope = NewDisposeScope();
        var packed = PackedOrder.Of(input);
        using var context = AttentionContext.Of(packed);
        var keys = Keys(packed.DropoutKeys_N);
        var report = new LayerReport(layers, packed);
        var hidden_ND = report.Take(Embed(packed, keys));
        foreach (var layer in this.layers)
        {
            var next_ND = Checkpointed(hidden_ND, x_ND => layer.Forward(x_ND, context, keys));
            hidden_ND.Dispose();
            hidden_ND = report.Take(next_ND);
        }

        return packed.Restore(finalNorm.Apply(hidden_ND)).MoveToOuterDisposeScope();
    }

    private Tensor Embed(PackedOrder packed, DropoutKeys keys)
    {
        using var scope = NewDisposeScope();
        var hidden_ND = embeddingNorm.Apply(embeddings.LookUp(packed.Ids_N));
        return embeddingDropout.Apply(hidden_ND, keys).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Head(Tensor hidden_SD, TokenKey[]? dropoutKeys_S = null)
    {
        using var scope = NewDisposeScope();
        var keys = Keys(dropoutKeys_S);
        return decoder.Apply(headNorm.Apply(headActivation(headDense.Apply(hidden_SD, keys))), keys).MoveToOuterDisposeScope();
    }
}
