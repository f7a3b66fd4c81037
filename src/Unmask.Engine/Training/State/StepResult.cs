using Unmask.Engine.Objectives.Losses;
using Unmask.Engine.Training.Parallel;

namespace Unmask.Engine.Training.State;

/// <summary>What one optimizer step measured.</summary>
/// <param name="Loss">Sums over all parts, of all processes.</param>
/// <param name="GradientNorm">Global norm before clipping; null when the step was skipped.</param>
/// <param name="Reports">What each process told, by rank.</param>
public sealed record StepResult(LossResult Loss, double? GradientNorm, IReadOnlyList<StepReport> Reports)
{
    /// <summary>Why nothing was updated; null where something was.</summary>
    public SkipCause? Skip { get; init; }

    public bool Skipped => Skip is not null;
}

/// <summary>Which bound a gradient of the scaled loss was above, so that its step was skipped.</summary>
public enum SkipCause
{
    /// <summary>The largest number of float16.</summary>
    Float16,

    /// <summary><see cref="ExactSum.Largest"/>.</summary>
    DeterministicSum,
}
