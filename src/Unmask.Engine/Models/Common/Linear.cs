using Unmask.Engine.Native;
using Unmask.Engine.Quantization;

using static TorchSharp.torch;

namespace Unmask.Engine.Models.Common;

/// <summary>
/// A weight [out, in] with or without bias, found by its name in a set of parameters, which lists it in turn. Two parts make its product: the base,
/// and a low-rank branch where an adapter hangs one on it.
/// </summary>
public sealed class Linear
{
    private readonly Tensor? weight;
    private readonly Nf4Weight? weightIn4Bits;
    private readonly Tensor? bias;

    internal Linear(ParameterSet parameters, string path)
    {
        Path = path;
        weightIn4Bits = parameters.Quantised?.ByName.GetValueOrDefault($"{path}.weight");
        weight = weightIn4Bits is null ? parameters[$"{path}.weight"] : null;
        bias = parameters.Find($"{path}.bias");
        parameters.Add(this);
    }

    /// <summary>The module's path in the original, such as <c>model.layers.0.attn.Wqkv</c>: its weight's name without the last part.</summary>
    public string Path { get; }

    /// <summary>What an adapter adds to the product; null for nothing.</summary>
    public LowRankBranch? Branch { get; set; }

    /// <summary>[N, in] to [N, out].</summary>
    /// <param name="keys">What the dropout of a branch draws from.</param>
    internal Tensor Apply(Tensor x_NI, DropoutKeys keys) => Branch is { } branch ? branch.AddTo(Product(x_NI), x_NI, keys) : Product(x_NI);

    private Tensor Product(Tensor x_NI) => weightIn4Bits?.Product(x_NI, bias) ?? Products.Linear(x_NI, weight!, bias);
}

/// <summary>Layer normalisation over the last dimension, with or without bias.</summary>
internal sealed class LayerNorm(ParameterSet parameters, string name, double epsilon)
{
    private readonly Tensor weight = parameters[$"{name}.weight"];
    private readonly Tensor? bias = parameters.Find($"{name}.bias");

    /// <summary>[N, D] to [N, D].</summary>
    public Tensor Apply(Tensor x) => nn.functional.layer_norm(x, [weight.shape[0]], weight, bias, epsilon);
}
