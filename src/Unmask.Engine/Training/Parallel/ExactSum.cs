using static TorchSharp.torch;

namespace Unmask.Engine.Training.Parallel;

/// <summary>
/// Sums that do not depend on their order: floating-point numbers are rounded once to a fixed grid, as 64-bit integers, whose addition is exact (the idea of pre-rounding
/// in Demmel and Nguyen, "Fast reproducible floating-point summation", 2013). So neither the number of processes nor how a library adds changes a bit.
/// </summary>
/// <remarks>The grid is 2^-44, 5.7e-14: finer than float32 for gradients above 1e-6, and far below Adam's epsilon for smaller ones.</remarks>
internal static class ExactSum
{
    private const double StepsOfOne = 1L << 44;

    /// <summary>Above this in magnitude a term, or the sum of a thousand of them, would not fit any more.</summary>
    public const double Largest = 256;

    /// <summary>Numbers of the grid, int64.</summary>
    /// <param name="values">Finite, at most <see cref="Largest"/> in magnitude.</param>
    public static Tensor Rounded(Tensor values) => values.to(ScalarType.Float64).mul_(StepsOfOne).round_().to(ScalarType.Int64);

    /// <summary>The float32 nearest to a sum.</summary>
    public static Tensor Restored(Tensor sum) => sum.to(ScalarType.Float64).div_(StepsOfOne).to(ScalarType.Float32);
}
