using Unmask.Engine.Modeling.Attention;
using Unmask.Engine.Modeling.Blocks;
using Unmask.Engine.Modeling.Regularization;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Architectures.Dream;

/// <summary>One layer: rotary attention with grouped heads, then a gated feed-forward, each on a normalized copy of its input and added to it.</summary>
internal sealed class DreamLayer
{
    private readonly DreamConfig config;
    private readonly RmsNorm attentionNorm;
    private readonly Linear query;
    private readonly Linear key;
    private readonly Linear value;
    private readonly Linear attentionOutput;
    private readonly RmsNorm mlpNorm;
    private readonly Linear gate;
    private readonly Linear up;
    private readonly Linear down;
    private readonly Dropout weightDropout;
    private readonly Func<Tensor, Tensor> activation;

    public DreamLayer(DreamConfig config, ParameterSet parameters, int index)
    {
        this.config = config;
        var prefix = DreamParameters.Layer(index);
        attentionNorm = new RmsNorm(parameters, $"{prefix}.input_layernorm", config.NormEpsilon);
        query = new Linear(parameters, $"{prefix}.self_attn.q_proj");
        key = new Linear(parameters, $"{prefix}.self_attn.k_proj");
        value = new Linear(parameters, $"{prefix}.self_attn.v_proj");
        attentionOutput = new Linear(parameters, $"{prefix}.self_attn.o_proj");
        mlpNorm = new RmsNorm(parameters, $"{prefix}.post_attention_layernorm", config.NormEpsilon);
        gate = new Linear(parameters, $"{prefix}.mlp.gate_proj");
        up = new Linear(parameters, $"{prefix}.mlp.up_proj");
        down = new Linear(parameters, $"{prefix}.mlp.down_proj");
        weightDropout = new Dropout($"{prefix}.self_attn.dropout", config.AttentionDropout);
        activation = Activation.Of(config.ActivationName);
    }

    /// <param name="hidden_ND">Sequences end to end, and behind them blind tokens that attend to nothing.</param>
    /// <param name="context">Sequences, positions and blind tokens.</param>
    /// <param name="keys">What dropout draws from.</param>
    public Tensor Forward(Tensor hidden_ND, AttentionContext context, DropoutKeys keys)
    {
        using var scope = NewDisposeScope();
        var attended_ND = hidden_ND + Attend(attentionNorm.Apply(hidden_ND), context, keys);
        var normed_ND = mlpNorm.Apply(attended_ND);
        return (attended_ND + down.Apply(activation(gate.Apply(normed_ND, keys)) * up.Apply(normed_ND, keys), keys)).MoveToOuterDisposeScope();
    }

    private Tensor Attend(Tensor normed_ND, AttentionContext context, DropoutKeys keys)
    {
        var seeing_ND = context.Blind == 0 ? normed_ND : normed_ND.narrow(0, 0, normed_ND.shape[0] - context.Blind);
        var plan = new AttentionPlan(context, config.Heads, config.Theta);
        var context_ND = RotaryAttention.Apply(
            query.Apply(seeing_ND, keys), key.Apply(seeing_ND, keys), value.Apply(seeing_ND, keys), plan, config.KeyValueHeads, weightDropout.During(keys));
        var output_ND = attentionOutput.Apply(context_ND, keys);
        return context.Blind == 0 ? output_ND : nn.functional.pad(output_ND, [0, 0, 0, context.Blind]);
    }
}
