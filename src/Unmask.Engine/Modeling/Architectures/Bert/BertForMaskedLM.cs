using Unmask.Engine.Modeling.Attention;
using Unmask.Engine.Modeling.Blocks;
using Unmask.Engine.Modeling.Quantization;
using Unmask.Engine.Modeling.Regularization;
using Unmask.Engine.Modeling.Sequences;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Architectures.Bert;

/// <summary>
/// BERT with its masked-language-model head (arXiv 1810.04805). Parameters are plain tensors; the forward is functional.
/// </summary>
public sealed class BertForMaskedLM : MaskedLanguageModel
{
    private readonly BertConfig config;
    private readonly ParameterSet parameters;
    private readonly EmbeddingTable words;
    private readonly EmbeddingTable positions;
    private readonly EmbeddingTable types;
    private readonly LayerNorm embeddingNorm;
    private readonly Dropout embeddingDropout;
    private readonly BertLayer[] layers;
    private readonly Linear headDense;
    private readonly LayerNorm headNorm;
    private readonly Func<Tensor, Tensor> headActivation;
    private readonly Linear decoder;

    internal BertForMaskedLM(BertConfig config, ParameterSet parameters)
    {
        this.config = config;
        this.parameters = parameters;
        words = EmbeddingTable.OfTokens(parameters, BertParameters.WordEmbeddings, config.PadId);
        positions = EmbeddingTable.Small(parameters, BertParameters.PositionEmbeddings);
        types = EmbeddingTable.Small(parameters, BertParameters.TypeEmbeddings);
        embeddingNorm = new LayerNorm(parameters, BertParameters.EmbeddingNorm, config.NormEpsilon);
        embeddingDropout = new Dropout("bert.embeddings.dropout", config.HiddenDropout);
        layers = [.. Enumerable.Range(0, config.Layers).Select(i => new BertLayer(config, parameters, BertParameters.Layer(i)))];
        headDense = new Linear(parameters, $"{BertParameters.Head}.dense");
        headNorm = new LayerNorm(parameters, $"{BertParameters.Head}.LayerNorm", config.NormEpsilon);
        headActivation = Activation.Of(config.ActivationName);
        decoder = Linear.Head(parameters, BertParameters.Decoder, config.TiesEmbeddings ? BertParameters.WordEmbeddings : BertParameters.DecoderWeight, BertParameters.OutputBias);
    }

    public override IReadOnlyList<NamedParameter> Parameters => parameters.All;

    public override IReadOnlyList<Linear> Linears => parameters.Linears;

    public override IReadOnlyList<EmbeddingTable> Tables => parameters.Tables;

    public override Linear? OutputHead => parameters.Head;

    public override Nf4Weights? Quantized => parameters.Quantized;

    public override int VocabularySize => config.VocabularySize;

    /// <summary>Rows of the position table; a longer sequence has no position.</summary>
    public override int? MaximumLength => config.ContextLength;

    /// <inheritdoc/>
    /// <exception cref="UserError">A sequence is longer than <see cref="MaximumLength"/>.</exception>
    public override Tensor Encode(PackedSequences input, List<Tensor>? layers = null)
    {
        var longest = input.Lengths.DefaultIfEmpty(0).Max();
        if (longest > config.ContextLength)
        {
            throw new UserError($"A sequence has {longest} tokens; this model has positions for {config.ContextLength}. Set max_length to at most {config.ContextLength}.");
        }

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

        return packed.Restore(hidden_ND).MoveToOuterDisposeScope();
    }

    private Tensor Embed(PackedOrder packed, DropoutKeys keys)
    {
        using var scope = NewDisposeScope();
        var type_ND = packed.Types_N is null ? types.Row(0) : types.LookUp(packed.Types_N);
        var sum_ND = words.LookUp(packed.Ids_N) + type_ND + positions.LookUp(packed.Positions_N());
        return embeddingDropout.Apply(embeddingNorm.Apply(sum_ND), keys).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Head(Tensor hidden_SD, TokenKey[]? dropoutKeys_S = null)
    {
        using var scope = NewDisposeScope();
        var keys = Keys(dropoutKeys_S);
        return decoder.Apply(headNorm.Apply(headActivation(headDense.Apply(hidden_SD, keys))), keys).MoveToOuterDisposeScope();
    }
}
