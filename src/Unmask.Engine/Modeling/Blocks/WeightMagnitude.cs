using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Blocks;

/// <summary>
/// The magnitudes of DoRA (arXiv 2402.09353): a weight W with a low-rank branch counts as m * (W + s B A) / |W + s B A|, where the length of each row is a number m of its own.
/// The length divided by is taken as a constant in the backward pass (its section 4.3).
/// </summary>
/// <param name="Length_O">m [O].</param>
/// <param name="Norm">Gives |W + s B A| [O] as the numbers stand.</param>
public sealed record WeightMagnitude(Tensor Length_O, Func<Tensor> Norm)
{
    /// <summary>So many numbers of a weight are put together at a time.</summary>
    private const long Portion = 1L << 22;

    /// <summary>m / |W + s B A| [O]; m receives a gradient.</summary>
    internal Tensor Factor() => Length_O / Norm();

    /// <summary>Lengths [O] of the rows of W + s * B A, in float32, without gradient.</summary>
    /// <param name="weight_OI">W, of any floating type.</param>
    /// <param name="down_RI">A.</param>
    /// <param name="up_OR">B.</param>
    /// <param name="scale">s.</param>
    public static Tensor RowNorms(Tensor weight_OI, Tensor down_RI, Tensor up_OR, double scale)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        long rows = weight_OI.shape[0], most = Math.Max(1, Portion / Math.Max(1, weight_OI.shape[1]));
        var result_O = empty([rows], ScalarType.Float32, weight_OI.device);
        for (long first = 0; first < rows; first += most)
        {
            using var portion = NewDisposeScope();
            var count = Math.Min(most, rows - first);
            var changed = weight_OI.narrow(0, first, count).to(ScalarType.Float32) + scale * up_OR.narrow(0, first, count).to(ScalarType.Float32).mm(down_RI.to(ScalarType.Float32));
            result_O.narrow(0, first, count).copy_(linalg.vector_norm(changed, 2, [1L]));
        }

        return result_O.MoveToOuterDisposeScope();
    }
}
