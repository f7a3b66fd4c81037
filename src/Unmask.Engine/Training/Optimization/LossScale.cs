namespace Unmask.Engine.Training.Optimization;

/// <summary>
/// The factor on the loss that keeps the gradients of float16 above its smallest number (dynamic loss scaling: Micikevicius et al. 2018, arXiv 1710.03740, section 3.2).
/// It halves when a gradient overflows, and that step changes no weight; after <see cref="GrowthInterval"/> steps without an overflow it doubles. Start and pace are those of
/// PyTorch's GradScaler. Part of a checkpoint.
/// </summary>
public sealed record LossScale
{
    /// <summary>Steps without an overflow after which the factor doubles.</summary>
    public const int GrowthInterval = 2000;

    /// <summary>Below this it is the gradients themselves that are not finite.</summary>
    public const double Smallest = 1.0 / (1 << 24);

    private const double Largest = 1L << 32;

    /// <summary>The factor of the next step; a power of two.</summary>
    public double Factor { get; set; } = 1 << 16;

    /// <summary>Steps since the factor last changed.</summary>
    public int SteadySteps { get; set; }

    /// <summary>Steps that changed no weight.</summary>
    public long SkippedSteps { get; set; }

    /// <summary>After a step whose gradients were finite.</summary>
    public void Grow()
    {
        if (++SteadySteps < GrowthInterval) return;
        SteadySteps = 0;
        Factor = Math.Min(Largest, Factor * 2);
    }

    /// <summary>After a step whose gradients were not.</summary>
    public void BackOff()
    {
        SteadySteps = 0;
        SkippedSteps++;
        Factor /= 2;
    }
}
