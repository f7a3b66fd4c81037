using static TorchSharp.torch;

namespace Unmask.Engine.Models.Common;

/// <summary>A weight [out, in] with or without bias, found by its name in a set of parameters.</summary>
internal sealed class Linear(ParameterSet parameters, string name)
{
    private readonly Tensor weight = parameters[$"{name}.weight"];
    private readonly Tensor? bias = parameters.Find($"{name}.bias");

    /// <summary>[N, in] to [N, out].</summary>
    public Tensor Apply(Tensor x) => nn.functional.linear(x, weight, bias);
}

/// <summary>Layer normalisation over the last dimension, with or without bias.</summary>
internal sealed class LayerNorm(ParameterSet parameters, string name, double epsilon)
{
    private readonly Tensor weight = parameters[$"{name}.weight"];
    private readonly Tensor? bias = parameters.Find($"{name}.bias");

    /// <summary>[N, D] to [N, D].</summary>
    public Tensor Apply(Tensor x) => nn.functional.layer_norm(x, [weight.shape[0]], weight, bias, epsilon);
}
