using Unmask.Engine.Models.Common;

using static TorchSharp.torch;

namespace Unmask.Engine.Models.Llada;

/// <summary>One block: rotary attention, then a gated feed-forward, each on a normalised copy of its input and added to it.</summary>
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
        activation = Activation.Of(config.ActivationName);
    }

    public Tensor Forward(Tensor hidden_ND, int[] lengths, bool training)
    {
        using var scope = NewDisposeScope();
        var attended_ND = hidden_ND + Dropped(Attend(attentionNorm.Apply(hidden_ND), lengths, training), training);
        var normed_ND = mlpNorm.Apply(attended_ND);
        var wide_NF = activation(gate.Apply(normed_ND)) * up.Apply(normed_ND);
        return (attended_ND + Dropped(down.Apply(wide_NF), training)).MoveToOuterDisposeScope();
    }

    private Tensor Attend(Tensor normed_ND, int[] lengths, bool training)
    {
        var (q, k, v) = (query.Apply(normed_ND), key.Apply(normed_ND), value.Apply(normed_ND));
        if (queryNorm is not null) (q, k) = (queryNorm.Apply(q), keyNorm!.Apply(k));
        var plan = new AttentionPlan(lengths, config.Heads, config.Theta);
        return attentionOutput.Apply(RotaryAttention.Apply(q, k, v, plan, config.KeyValueHeads, training ? config.AttentionDropout : 0));
    }

    private Tensor Dropped(Tensor x, bool training) => training && config.ResidualDropout > 0 ? nn.functional.dropout(x, config.ResidualDropout) : x;
}
