using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Blocks;

/// <summary>The low-rank branch of LoRA (arXiv 2106.09685) beside an embedding table: the table becomes W + s * (B A)^T. It has no dropout. R rank.</summary>
/// <param name="Down_RV">A [R, V]; its type is the one the branch computes in.</param>
/// <param name="Up_DR">B [D, R], of the same type.</param>
/// <param name="Scale">s.</param>
public sealed record EmbeddingBranch(Tensor Down_RV, Tensor Up_DR, double Scale)
{
    /// <summary>Magnitudes [D] of the table's columns where they are trained by themselves (DoRA, arXiv 2402.09353); null for plain LoRA.</summary>
    public WeightMagnitude? Magnitude { get; init; }

    /// <summary>The vectors [N, D] with the branch's added, in the type of the table.</summary>
    /// <param name="plain_ND">Those of the table.</param>
    /// <param name="ids_N">Their ids.</param>
    /// <param name="padId">The id whose column of A is not trained here; null for none.</param>
    internal Tensor AddTo(Tensor plain_ND, Tensor ids_N, int? padId)
    {
        using var scope = NewDisposeScope();
        var low_NR = Down_RV.index_select(1, ids_N).t();
        if (padId is { } pad) low_NR = where(ids_N.eq(pad).unsqueeze(1), low_NR.detach(), low_NR);
        var added_ND = low_NR.mm(Up_DR.t()) * Scale;
        var wide_ND = plain_ND.to(Up_DR.dtype);
        var factor_D = Magnitude?.Factor();
        var sum_ND = factor_D is null ? wide_ND + added_ND : factor_D * wide_ND + factor_D * added_ND;
        return sum_ND.to(plain_ND.dtype).MoveToOuterDisposeScope();
    }
}
