using static TorchSharp.torch;

namespace Unmask.Engine.Models.Common;

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

    /// <summary>The base's product [N, out] with the branch's added, in the type of the base.</summary>
    internal Tensor AddTo(Tensor product_NO, Tensor x_NI, DropoutKeys keys)
    {
        using var scope = NewDisposeScope();
        var input_NI = inputDropout.Apply(x_NI.to(Down_RI.dtype), keys);
        var low_NR = nn.functional.linear(input_NI, Down_RI);
        return product_NO.to(Up_OR.dtype).addmm(low_NR, Up_OR.t(), beta: 1, alpha: (float)Scale).to(product_NO.dtype).MoveToOuterDisposeScope();
    }
}
