using Unmask.Engine.Modeling.Attention;
using Unmask.Engine.Modeling.Blocks;
using Unmask.Engine.Modeling.Regularization;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Architectures.ModernBert;

/// <summary>One encoder layer: rotary attention, then a gated feed-forward, each on a normalized copy of its input and added to it.</summary>
internal sealed class ModernBertLayer
{
    private readonly ModernBertConfig config;
    private readonly LayerAttention attention;
    private readonly LayerNorm? attentionNorm;
    private readonly Linear queryKeyValue;
    private readonly Linear attentionOutput;
    private readonly LayerNorm mlpNorm;
    private readonly Linear mlpInput;
    private readonly Linear mlpOutput;
    private readonly Dropout weightDropout;
    private readonly Dropout attentionDropout;
    private readonly Dropout mlpDropout;
    private readonly Func<Tensor, Tensor> activation;

    public ModernBertLayer(ModernBertConfig config, ParameterSet parameters, int index)
    {
        this.config = config;
        attention = config.Attention[index];
        var prefix = ModernBertParameters.Layer(index);
        attentionNorm = index == 0 ? null : new LayerNorm(parameters, $"{prefix}.attn_norm", config.NormEpsilon);
        queryKeyValue = new Linear(parameters, $"{prefix}.attn.Wqkv");
        attentionOutput = new Linear(parameters, $"{prefix}.attn.Wo");
        mlpNorm = new LayerNorm(parameters, $"{prefix}.mlp_norm", config.NormEpsilon);
        mlpInput = new Linear(parameters, $"{prefix}.mlp.Wi");
        mlpOutput = new Linear(parameters, $"{prefix}.mlp.Wo");
        weightDropout = new Dropout($"{prefix}.attn.dropout", config.AttentionDropout);
        attentionDropout = new Dropout($"{prefix}.attn.out_drop", config.AttentionDropout);
        mlpDropout = new Dropout($"{prefix}.mlp.drop", config.MlpDropout);
        activation = Activation.Of(config.ActivationName);
    }

    public Tensor Forward(Tensor hidden_ND, AttentionContext context, DropoutKeys keys)
    {
        using var scope = NewDisposeScope();
        var attended_ND = hidden_ND + Attend(attentionNorm?.Apply(hidden_ND) ?? hidden_ND, context, keys);
        var gated = mlpInput.Apply(mlpNorm.Apply(attended_ND), keys).chunk(2, -1);
        var wide_NF = mlpDropout.Apply(activation(gated[0]) * gated[1], keys);
        return (attended_ND + mlpOutput.Apply(wide_NF, keys)).MoveToOuterDisposeScope();
    }

    private Tensor Attend(Tensor normed_ND, AttentionContext context, DropoutKeys keys)
    {
        var dropout = weightDropout.During(keys);
        var qkv_N3D = queryKeyValue.Apply(normed_ND, keys);
        var plan = new AttentionPlan(context, config.Heads, attention.Theta, attention.Window);
        var context_ND = ShortAttention.Applies(qkv_N3D, plan, config.HeadWidth, dropout) ? ShortAttention.Apply(qkv_N3D, plan) : AttendLong(qkv_N3D, context, dropout);
        return attentionDropout.Apply(attentionOutput.Apply(context_ND, keys), keys);
    }

    private Tensor AttendLong(Tensor qkv_N3D, AttentionContext context, ActiveDropout? dropout)
    {
        long n = qkv_N3D.shape[0], heads = config.Heads;
        // Queries and keys lie side by side, so one rotation serves both.
        var parts = qkv_N3D.view(n, 3 * heads, config.HeadWidth).split([2 * heads, heads], 1);
        var rotary = context.Rotary(config.HeadWidth, attention.Theta, qkv_N3D);
        var rotated = rotary.Apply(parts[0]).chunk(2, 1);
        return ScaledDotProductAttention.Bidirectional(rotated[0], rotated[1], parts[1], context.Lengths, attention.Window, dropout).reshape(n, config.Width);
    }
}
