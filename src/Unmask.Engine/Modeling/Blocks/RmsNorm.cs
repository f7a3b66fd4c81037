using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Blocks;

/// <summary>
/// Root-mean-square normalization over the last dimension (arXiv 1910.07467): x / sqrt(mean(x^2) + epsilon), computed in float32 and put back
/// into the type of x before the weight is applied, as the originals do.
/// </summary>
internal sealed class RmsNorm(ParameterSet parameters, string name, double epsilon)
{
    private readonly Tensor? weight = parameters.Find($"{name}.weight");
    private readonly Tensor? bias = parameters.Find($"{name}.bias");

    /// <summary>[N, D] to [N, D].</summary>
    public Tensor Apply(Tensor x)
    {
        var wide = x.dtype == ScalarType.Float64 ? x : x.to(ScalarType.Float32);
        var normed = (wide * (wide.square().mean([-1L], keepdim: true) + epsilon).rsqrt()).to(x.dtype);
        if (weight is not null) normed = normed * weight;
        return bias is null ? normed : normed + bias;
    }
}
