namespace Unmask.Core.Parameters;

/// <summary>
/// How many steps a run makes and at which of them it logs, evaluates and saves. The arithmetic is that of the Hugging Face trainer, so
/// that a recipe means the same number of steps.
/// </summary>
/// <param name="TotalSteps">Optimizer steps of the whole run.</param>
/// <param name="StepsPerEpoch">Optimizer steps of one pass over the data.</param>
/// <param name="MicroBatchesPerEpoch">Batches of one pass over the data; the last one may be smaller.</param>
/// <param name="WarmupSteps">Steps over which the learning rate climbs.</param>
/// <param name="LoggingSteps">Log when the step is a multiple of this.</param>
/// <param name="EvalSteps">Evaluate when the step is a multiple of this; null when it does not go by steps.</param>
/// <param name="SaveSteps">Save when the step is a multiple of this, and after the last step.</param>
public sealed record StepPlan(
    long TotalSteps,
    long StepsPerEpoch,
    long MicroBatchesPerEpoch,
    long WarmupSteps,
    long LoggingSteps,
    long? EvalSteps,
    long SaveSteps)
{
    private bool EvalByEpoch { get; init; }

    /// <param name="parameters">The settings.</param>
    /// <param name="trainRows">Training rows, at least 1.</param>
    public static StepPlan Create(TrainParameters parameters, long trainRows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(trainRows, 1);
        long perBatch = (long)parameters.BatchSize * (parameters.NumProcesses ?? 1);
        long microBatches = (trainRows + perBatch - 1) / perBatch;
        long perEpoch = (microBatches + parameters.GradientAccumulationSteps - 1) / parameters.GradientAccumulationSteps;
        long total = parameters.NumTrainEpochs > 0 ? checked(parameters.NumTrainEpochs * perEpoch) : parameters.TrainSteps;
        return new(
            total,
            perEpoch,
            microBatches,
            parameters.WarmupSteps > 0 ? parameters.WarmupSteps : WarmupFromRatio(total, parameters.WarmupRatio),
            Resolve(parameters.LoggingSteps, total),
            parameters.EvalStrategy == EvalStrategy.Steps ? Resolve(parameters.EvalSteps, total) : null,
            Resolve(parameters.SaveSteps, total))
        {
            EvalByEpoch = parameters.EvalStrategy == EvalStrategy.Epoch,
        };
    }

    /// <summary>A share below 1 becomes ceil(total * share), so 0.25 of 1000 is 250; whole numbers stay.</summary>
    public static long Resolve(double stepsOrFraction, long totalSteps) =>
        stepsOrFraction < 1 ? Math.Max(1, (long)Math.Ceiling(totalSteps * stepsOrFraction)) : (long)stepsOrFraction;

    /// <summary>ceil(total * ratio).</summary>
    public static long WarmupFromRatio(long totalSteps, double ratio) => (long)Math.Ceiling(totalSteps * ratio);

    /// <summary>Is something logged after this step (from 1)?</summary>
    public bool LogsAt(long step) => step % LoggingSteps == 0;

    /// <summary>Are the evaluation rows scored after this step? Evaluation comes before saving.</summary>
    public bool EvaluatesAt(long step) =>
        EvalSteps is { } every ? step % every == 0 : EvalByEpoch && (step % StepsPerEpoch == 0 || step == TotalSteps);

    /// <summary>Is a checkpoint saved after this step? The last step always saves.</summary>
    public bool SavesAt(long step) => step % SaveSteps == 0 || step == TotalSteps;
}
