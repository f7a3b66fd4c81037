using Unmask.Engine.Modeling.Attention;
using Unmask.Engine.Modeling.Blocks;
using Unmask.Engine.Modeling.Regularization;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Architectures.Bert;

/// <summary>One encoder layer: attention, then feed-forward, each added to its input and normalized afterwards.</summary>
internal sealed class BertLayer(BertConfig config, ParameterSet parameters, string prefix)
{
    private readonly Linear query = new(parameters, $"{prefix}.attention.self.query");
    private readonly Linear key = new(parameters, $"{prefix}.attention.self.key");
    private readonly Linear value = new(parameters, $"{prefix}.attention.self.value");
    private readonly Linear attentionOutput = new(parameters, $"{prefix}.attention.output.dense");
    private readonly LayerNorm attentionNorm = new(parameters, $"{prefix}.attention.output.LayerNorm", config.NormEpsilon);
    private readonly Linear intermediate = new(parameters, $"{prefix}.intermediate.dense");
    private readonly Linear output = new(parameters, $"{prefix}.output.dense");
    private readonly LayerNorm outputNorm = new(parameters, $"{prefix}.output.LayerNorm", config.NormEpsilon);
    private readonly Dropout weightDropout = new($"{prefix}.attention.self.dropout", config.AttentionDropout);
    private readonly Dropout attentionDropout = new($"{prefix}.attention.output.dropout", config.HiddenDropout);
    private readonly Dropout outputDropout = new($"{prefix}.output.dropout", config.HiddenDropout);
    private readonly Func<Tensor, Tensor> activation = Activation.Of(config.ActivationName);

    public Tensor Forward(Tensor hidden_ND, AttentionContext context, DropoutKeys keys)
    {
        using var scope = NewDisposeScope();
        long n = hidden_ND.shape[0];
        var q_NHK = query.Apply(hidden_ND, keys).view(n, config.Heads, config.HeadWidth);
        var k_NHK = key.Apply(hidden_ND, keys).view(n, config.Heads, config.HeadWidth);
        var v_NHK = value.Apply(hidden_ND, keys).view(n, config.Heads, config.HeadWidth);
        var context_NHK = ScaledDotProductAttention.Bidirectional(q_NHK, k_NHK, v_NHK, context.Lengths, dropout: weightDropout.During(keys));
        var attended_ND = attentionOutput.Apply(context_NHK.reshape(n, config.Width), keys);
        attended_ND = attentionNorm.Apply(hidden_ND + attentionDropout.Apply(attended_ND, keys));
        var wide_NF = activation(intermediate.Apply(attended_ND, keys));
        var result_ND = outputNorm.Apply(attended_ND + outputDropout.Apply(output.Apply(wide_NF, keys), keys));
        return result_ND.MoveToOuterDisposeScope();
    }
}
