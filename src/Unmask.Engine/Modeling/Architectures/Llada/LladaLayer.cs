using Unmask.Engine.Modeling.Attention;
using Unmask.Engine.Modeling.Blocks;
using Unmask.Engine.Modeling.Regularization;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Architectures.Llada;

/// <summary>One block: rotary attention, then a gated feed-forward, each on a normalized copy of its input and added to it.</summary>
internal sealed class LladaLayer
{
    private readonly LladaConfig config;
    private readonly RmsNorm attentionNorm;
    private readonly RmsNorm? queryNorm;
    private readonly RmsNorm? keyNorm;
    private readonly Linear query;
    private readonly Linear key;
    private readonly Linear value;
    private readonly Linear attentionOutput;
    private readonly RmsNorm mlpNorm;
    private readonly Linear gate;
    private readonly Linear up;
    private readonly Linear down;
    private readonly Dropout weightDropout;
    private readonly Dropout attentionDropout;
    private readonly Dropout mlpDropout;
    private readonly Func<Tensor, Tensor> activation;

    public LladaLayer(LladaConfig config, ParameterSet parameters, int index)
    {
        this.config = config;
        var prefix = LladaParameters.Layer(config, index);
        RmsNorm Norm(string name) => new(parameters, $"{prefix}.{name}", config.NormEpsilon);
        Linear Dense(string name) => new(parameters, $"{prefix}.{name}");
        attentionNorm = Norm("attn_norm");
        if (config.QueryKeyNorm) (queryNorm, keyNorm) = (Norm("q_norm"), Norm("k_norm"));
        (query, key, value, attentionOutput) = (Dense("q_proj"), Dense("k_proj"), Dense("v_proj"), Dense("attn_out"));
        mlpNorm = Norm("ff_norm");
        (gate, up, down) = (Dense("ff_proj"), Dense("up_proj"), Dense("ff_out"));
        weightDropout = new Dropout($"{prefix}.attn_weights.dropout", config.AttentionDropout);
        attentionDropout = new Dropout($"{prefix}.attn_out.dropout", config.ResidualDropout);
        mlpDropout = new Dropout($"{prefix}.ff_out.dropout", config.ResidualDropout);
        activation = Activation.Of(config.ActivationName);
    }

    public Tensor Forward(Tensor hidden_ND, AttentionContext context, DropoutKeys keys)
    {
        using var scope = NewDisposeScope();
        var attended_ND = hidden_ND + attentionDropout.Apply(Attend(attentionNorm.Apply(hidden_ND), context, keys), keys);
        var normed_ND = mlpNorm.Apply(attended_ND);
        var wide_NF = activation(gate.Apply(normed_ND, keys)) * up.Apply(normed_ND, keys);
        return (attended_ND + mlpDropout.Apply(down.Apply(wide_NF, keys), keys)).MoveToOuterDisposeScope();
    }

    private Tensor Attend(Tensor normed_ND, AttentionContext context, DropoutKeys keys)
    {
        var (q, k, v) = (query.Apply(normed_ND, keys), key.Apply(normed_ND, keys), value.Apply(normed_ND, keys));
        if (queryNorm is not null) (q, k) = (queryNorm.Apply(q), keyNorm!.Apply(k));
        var plan = new AttentionPlan(context, config.Heads, config.Theta);
        return attentionOutput.Apply(RotaryAttention.Apply(q, k, v, plan, config.KeyValueHeads, weightDropout.During(keys)), keys);
    }
}
