using Unmask.Engine.Modeling.Regularization;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Blocks;

/// <summary>
/// The low-rank branch of LoRA (arXiv 2106.09685) beside a linear layer: y = base(x) + s * B(A(dropout(x))). R rank.
/// </summary>
/// <param name="Path">Path of the layer.</param>
/// <param name="Down_RI">A [R, in]; its type is the one the branch computes in.</param>
/// <param name="Up_OR">B [out, R], of the same type.</param>
/// <param name="Scale">s.</param>
/// <param name="Dropout">Probability of dropping an input of the branch while the model trains; the base sees every input.</param>
public sealed record LowRankBranch(string Path, Tensor Down_RI, Tensor Up_OR, double Scale, double Dropout)
{
    private readonly Dropout inputDropout = new($"{Path}.lora_dropout", Dropout);

    /// <summary>A bias [out] of B; null for none.</summary>
    public Tensor? UpBias_O { get; init; }

    /// <summary>Magnitudes of the layer's rows where they are trained by themselves (DoRA); null for plain LoRA.</summary>
    public WeightMagnitude? Magnitude { get; init; }

    /// <summary>The base's product [N, out] with the branch's added, in the type of the base.</summary>
    /// <param name="product_NO">What the layer makes of its input.</param>
    /// <param name="x_NI">The input.</param>
    /// <param name="keys">What dropout draws from.</param>
    /// <param name="layer">The layer.</param>
    internal Tensor AddTo(Tensor product_NO, Tensor x_NI, DropoutKeys keys, Linear layer)
    {
        using var scope = NewDisposeScope();
        var dropping = inputDropout.During(keys);
        var input_NI = x_NI.to(Down_RI.dtype);
        if (dropping is not null) input_NI = dropping.Apply(input_NI);
        var low_NR = nn.functional.linear(input_NI, Down_RI);
        var wide_NO = product_NO.to(Up_OR.dtype);
        if (Magnitude is not null)
        {
            var factor_O = Magnitude.Factor();
            // What is dropped for the branch is dropped for its share of the base, too, as in peft.
            var plain_NO = dropping is null ? layer.Bias_O is { } bias_O ? product_NO - bias_O : product_NO : layer.ProductWithoutBias(input_NI.to(x_NI.dtype));
            return (wide_NO + (factor_O - 1) * plain_NO.to(Up_OR.dtype) + factor_O * (nn.functional.linear(low_NR, Up_OR) * Scale)).to(product_NO.dtype).MoveToOuterDisposeScope();
        }

        var sum_NO = wide_NO.addmm(low_NR, Up_OR.t(), beta: 1, alpha: (float)Scale);
        if (UpBias_O is not null) sum_NO = sum_NO + UpBias_O * Scale;
        return sum_NO.to(product_NO.dtype).MoveToOuterDisposeScope();
    }
}
