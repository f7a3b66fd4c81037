using Unmask.Engine.Models.Common;

using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace Unmask.Engine.Models.Bert;

/// <summary>One encoder layer: attention, then feed-forward, each added to its input and normalised afterwards.</summary>
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
    private readonly Func<Tensor, Tensor> activation = Activation.Of(config.ActivationName);

    public Tensor Forward(Tensor hidden_ND, int[] lengths, bool training)
    {
        using var scope = NewDisposeScope();
        long n = hidden_ND.shape[0];
        var q_NHK = query.Apply(hidden_ND).view(n, config.Heads, config.HeadWidth);
        var k_NHK = key.Apply(hidden_ND).view(n, config.Heads, config.HeadWidth);
        var v_NHK = value.Apply(hidden_ND).view(n, config.Heads, config.HeadWidth);
        var context_NHK = Attention.Bidirectional(q_NHK, k_NHK, v_NHK, lengths, dropout: training ? config.AttentionDropout : 0);
        var attended_ND = attentionOutput.Apply(context_NHK.reshape(n, config.Width));
        attended_ND = attentionNorm.Apply(hidden_ND + Dropped(attended_ND, training));
        var wide_NF = activation(intermediate.Apply(attended_ND));
        var result_ND = outputNorm.Apply(attended_ND + Dropped(output.Apply(wide_NF), training));
        return result_ND.MoveToOuterDisposeScope();
    }

    private Tensor Dropped(Tensor x, bool training) => training && config.HiddenDropout > 0 ? dropout(x, config.HiddenDropout) : x;
}
