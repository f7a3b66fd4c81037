using Unmask.Core.Parameters;

namespace Unmask.Engine.Training.Optimization;

/// <summary>The learning rate of each step, a pure function of the step: nothing of it needs saving.</summary>
/// <param name="Kind">Shape.</param>
/// <param name="Base">Highest learning rate.</param>
/// <param name="WarmupSteps">Steps over which the rate climbs from 0; the constant shape ignores it.</param>
/// <param name="TotalSteps">Optimizer steps of the run.</param>
public sealed record LearningRateSchedule(LearningRateScheduleKind Kind, double Base, long WarmupSteps, long TotalSteps)
{
    public static LearningRateSchedule Create(TrainParameters parameters, StepPlan plan) =>
        new(parameters.LearningRateSchedule, parameters.LearningRate, plan.WarmupSteps, plan.TotalSteps);

    /// <summary>
    /// The rate used by the update after <paramref name="stepsDone"/> finished ones: 0 for the very first update, whose rate is 0 when
    /// there is a warm-up. Formulas of the Hugging Face trainer (cosine: half a period).
    /// </summary>
    public double At(long stepsDone)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(stepsDone);
        return Base * Factor(stepsDone);
    }

    private double Factor(long k)
    {
        if (Kind == LearningRateScheduleKind.Constant) return 1;
        if (k < WarmupSteps) return (double)k / Math.Max(1, WarmupSteps);
        double decaySteps = Math.Max(1, TotalSteps - WarmupSteps);
        return Kind switch
        {
            LearningRateScheduleKind.ConstantWithWarmup => 1,
            LearningRateScheduleKind.Linear => Math.Max(0, (TotalSteps - k) / decaySteps),
            LearningRateScheduleKind.Cosine => Math.Max(0, 0.5 * (1 + Math.Cos(Math.PI * ((k - WarmupSteps) / decaySteps)))),
            _ => throw new ArgumentOutOfRangeException(nameof(k), Kind, "There is no such schedule."),
        };
    }
}
