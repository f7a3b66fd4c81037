using Unmask.Core;
using Unmask.Engine.Models.Common;
using Unmask.Engine.Quantization;

using static TorchSharp.torch;

namespace Unmask.Engine.Models.Bert;

/// <summary>
/// BERT with its masked-language-model head (arXiv 1810.04805). Parameters are plain tensors; the forward is functional.
/// </summary>
public sealed class BertForMaskedLM : MaskedLanguageModel
{
    private readonly BertConfig config;
    private readonly ParameterSet parameters;
    private readonly Tensor words_VD;
    private readonly Tensor positions_PD;
    private readonly Tensor types_TD;
    private readonly LayerNorm embeddingNorm;
    private readonly Dropout embeddingDropout;
    private readonly BertLayer[] layers;
    private readonly Linear headDense;
    private readonly LayerNorm headNorm;
    private readonly Func<Tensor, Tensor> headActivation;
    private readonly Tensor decoder_VD;
    private readonly Tensor outputBias_V;

    internal BertForMaskedLM(BertConfig config, ParameterSet parameters)
    {
        this.config = config;
        this.parameters = parameters;
        words_VD = parameters[BertParameters.WordEmbeddings];
        positions_PD = parameters[BertParameters.PositionEmbeddings];
        types_TD = parameters[BertParameters.TypeEmbeddings];
        embeddingNorm = new LayerNorm(parameters, BertParameters.EmbeddingNorm, config.NormEpsilon);
        embeddingDropout = new Dropout("bert.embeddings.dropout", config.HiddenDropout);
        layers = [.. Enumerable.Range(0, config.Layers).Select(i => new BertLayer(config, parameters, BertParameters.Layer(i)))];
        headDense = new Linear(parameters, $"{BertParameters.Head}.dense");
        headNorm = new LayerNorm(parameters, $"{BertParameters.Head}.LayerNorm", config.NormEpsilon);
        headActivation = Activation.Of(config.ActivationName);
        decoder_VD = config.TiesEmbeddings ? words_VD : parameters[BertParameters.DecoderWeight];
        outputBias_V = parameters[BertParameters.OutputBias];
    }

    public override IReadOnlyList<NamedParameter> Parameters => parameters.All;

    public override IReadOnlyList<Linear> Linears => parameters.Linears;

    public override Nf4Weights? Quantised => parameters.Quantised;

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
        var keys = Keys(packed.DropoutKeys_N);
        var report = new LayerReport(layers, packed);
        var hidden_ND = report.Take(Embed(packed, keys));
        foreach (var layer in this.layers)
        {
            var next_ND = Checkpointed(hidden_ND, x_ND => layer.Forward(x_ND, packed.Lengths, keys));
            hidden_ND.Dispose();
            hidden_ND = report.Take(next_ND);
        }

        return packed.Restore(hidden_ND).MoveToOuterDisposeScope();
    }

    private Tensor Embed(PackedOrder packed, DropoutKeys keys)
    {
        using var scope = NewDisposeScope();
        var type_ND = packed.Types_N is null ? types_TD[0] : types_TD.index_select(0, packed.Types_N);
        var sum_ND = VocabularyTable.LookUp(words_VD, packed.Ids_N, config.PadId) + type_ND + positions_PD.index_select(0, packed.Positions_N());
        return embeddingDropout.Apply(embeddingNorm.Apply(sum_ND), keys).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Head(Tensor hidden_SD, TokenKey[]? dropoutKeys_S = null)
    {
        using var scope = NewDisposeScope();
        var transformed_SD = headNorm.Apply(headActivation(headDense.Apply(hidden_SD, Keys(dropoutKeys_S))));
        return VocabularyTable.Logits(transformed_SD, decoder_VD, outputBias_V).MoveToOuterDisposeScope();
    }
}
