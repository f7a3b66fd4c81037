using Unmask.Engine.Modeling.Attention;
using Unmask.Engine.Modeling.Blocks;
using Unmask.Engine.Modeling.Quantization;
using Unmask.Engine.Modeling.Regularization;
using Unmask.Engine.Modeling.Sequences;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Architectures.Llada;

/// <summary>
/// LLaDA (arXiv 2502.09992): a Llama-like transformer without a causal mask, trained as a masked diffusion model from scratch.
/// Parameters are plain tensors; the forward is functional.
/// </summary>
public sealed class LladaModel : MaskedLanguageModel
{
    private readonly LladaConfig config;
    private readonly ParameterSet parameters;
    private readonly EmbeddingTable embeddings;
    private readonly Dropout embeddingDropout;
    private readonly LladaLayer[] layers;
    private readonly RmsNorm finalNorm;
    private readonly Linear head;

    internal LladaModel(LladaConfig config, ParameterSet parameters)
    {
        this.config = config;
        this.parameters = parameters;
        embeddings = EmbeddingTable.OfTokens(parameters, LladaParameters.Embeddings, padId: null);
        embeddingDropout = new Dropout("model.transformer.emb_drop", config.EmbeddingDropout);
        layers = [.. Enumerable.Range(0, config.Layers).Select(i => new LladaLayer(config, parameters, i))];
        finalNorm = new RmsNorm(parameters, LladaParameters.FinalNorm, config.NormEpsilon);
        head = Linear.Head(parameters, LladaParameters.Head, config.TiesEmbeddings ? LladaParameters.Embeddings : $"{LladaParameters.Head}.weight", $"{LladaParameters.Head}.bias");
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
        var hidden_ND = Embed(packed, keys);
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

    private Tensor Embed(PackedOrder packed, DropoutKeys keys)
    {
        using var scope = NewDisposeScope();
        var hidden_ND = embeddings.LookUp(packed.Ids_N);
        if (config.ScalesEmbeddings) hidden_ND = hidden_ND * Math.Sqrt(config.Width);
        return embeddingDropout.Apply(hidden_ND, keys).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Head(Tensor hidden_SD, TokenKey[]? dropoutKeys_S = null)
    {
        using var scope = NewDisposeScope();
        var logits_SV = head.Apply(hidden_SD, Keys(dropoutKeys_S));
        if (config.ScalesLogits) logits_SV = logits_SV * (1 / Math.Sqrt(config.Width));
        return logits_SV.MoveToOuterDisposeScope();
    }
}
