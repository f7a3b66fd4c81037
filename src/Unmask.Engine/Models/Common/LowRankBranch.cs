using static TorchSharp.torch;

namespace Unmask.Engine.Models.Common;

/// <summary>
/// The low-rank branch of LoRA (arXiv 2106.09685) beside a linear layer: y = base(x) + s * B(A(dropout(x))). R rank.
/// </summary>
/// <param name="Down_RI">A [R, in]; its type is the one the branch computes in.</param>
/// <param name="Up_OR">B [out, R], of the same type.</param>
/// <param name="Scale">s.</param>
/// <param name="Dropout">Probability of dropping an input of the branch while <paramref name="Model"/> trains; the base sees every input.</param>
/// <param name="Model">The model that the layer belongs to.</param>
public sealed record LowRankBranch(Tensor Down_RI, Tensor Up_OR, double Scale, double Dropout, MaskedLanguageModel Model)
{
    /// <summary>The base's product [N, out] with the branch's added, in the type of the base.</summary>
    internal Tensor AddTo(Tensor product_NO, Tensor x_NI)
    {
        using var scope = NewDisposeScope();
        var input_NI = x_NI.to(Down_RI.dtype);
        if (Model.Training && Dropout > 0) input_NI = nn.functional.dropout(input_NI, Dropout);
        var low_NR = nn.functional.linear(input_NI, Down_RI);
        return product_NO.to(Up_OR.dtype).addmm(low_NR, Up_OR.t(), beta: 1, alpha: (float)Scale).to(product_NO.dtype).MoveToOuterDisposeScope();
    }
}
