using Unmask.Core.Data;
using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Validation;

namespace Unmask.Core.Planning;

/// <summary>The model of a run.</summary>
/// <param name="Architecture">Class name.</param>
/// <param name="Parameters">Values, adapters included.</param>
/// <param name="Trained">Values that are trained.</param>
/// <param name="Device">Where it trains.</param>
public sealed record ModelForecast(string Architecture, long Parameters, long Trained, string Device)
{
    public double TrainedShare => (double)Trained / Parameters;
}

/// <summary>The steps of a run.</summary>
/// <param name="Total">Optimizer steps.</param>
/// <param name="PerEpoch">Optimizer steps of one pass over the data.</param>
/// <param name="Epochs">Passes over the data.</param>
/// <param name="EffectiveBatch">Rows of one step.</param>
/// <param name="WarmupEnds">Step at which the learning rate is highest; 0 without warm-up.</param>
/// <param name="LogsEvery">Steps between two logs.</param>
/// <param name="EvaluatesAt">Steps after which the evaluation rows are scored, the first <see cref="Listed"/>.</param>
/// <param name="Evaluations">How often that is.</param>
/// <param name="SavesAt">Steps after which a checkpoint is saved, the first <see cref="Listed"/>.</param>
/// <param name="Saves">How often that is.</param>
public sealed record StepForecast(
    long Total, long PerEpoch, double Epochs, long EffectiveBatch, long WarmupEnds, long LogsEvery, IReadOnlyList<long> EvaluatesAt, long Evaluations, IReadOnlyList<long> SavesAt, long Saves)
{
    private const int Listed = 20;

    public static StepForecast Of(TrainParameters parameters, long rows)
    {
        var plan = StepPlan.Create(parameters, rows);
        var (evaluates, evaluations) = parameters.EvalStrategy == EvalStrategy.Epoch ? Times(plan.TotalSteps, plan.StepsPerEpoch, andAtTheEnd: true) : Times(plan.TotalSteps, plan.EvalSteps, andAtTheEnd: false);
        var (saves, times) = Times(plan.TotalSteps, plan.SaveSteps, andAtTheEnd: true);
        return new StepForecast(
            plan.TotalSteps, plan.StepsPerEpoch, (double)plan.TotalSteps / plan.StepsPerEpoch, parameters.RowsPerStep,
            parameters.LearningRateSchedule == LearningRateScheduleKind.Constant ? 0 : plan.WarmupSteps, plan.LoggingSteps,
            evaluates, evaluations, saves, times);
    }

    /// <summary>The first steps that something falls on which happens every so many steps, and how often that is; never where it is null.</summary>
    private static (IReadOnlyList<long> First, long Times) Times(long total, long? every, bool andAtTheEnd)
    {
        if (every is not { } interval) return ([], 0);
        var times = (total / interval) + (andAtTheEnd && total % interval != 0 ? 1 : 0);
        return ([.. Enumerable.Range(1, (int)Math.Min(times, Listed)).Select(time => Math.Min(time * interval, total))], times);
    }
}

/// <summary>The disk that a run takes.</summary>
/// <param name="CheckpointBytes">One checkpoint.</param>
/// <param name="Checkpoints">Most that are there at a time.</param>
/// <param name="OutputBytes">What comes out.</param>
/// <param name="FreeBytes">Free where the run will be.</param>
public sealed record DiskForecast(long CheckpointBytes, long Checkpoints, long OutputBytes, long FreeBytes)
{
    public long Bytes => CheckpointBytes * Checkpoints + OutputBytes;
}

/// <summary>Everything about a run that can be told before its weights are loaded.</summary>
/// <param name="Problems">Errors and warnings, the errors first.</param>
public sealed record RunForecast(IReadOnlyList<Problem> Problems)
{
    /// <summary>Null, like all below, where errors keep it from being known.</summary>
    public ModelForecast? Model { get; init; }

    /// <summary>What became of the rows.</summary>
    public DataReport? Data { get; init; }

    public StepForecast? Steps { get; init; }

    public MemoryEstimate? Memory { get; init; }

    /// <summary>Memory of the machine; null where it is not known (GPUs).</summary>
    public long? MemoryAvailableBytes { get; init; }

    /// <summary>Ways to less memory, where the run would take more than nine tenths of what there is.</summary>
    public IReadOnlyList<Remedy> Remedies { get; init; } = [];

    public DiskForecast? Disk { get; init; }

    /// <summary>A few real steps, where they were asked for.</summary>
    public StepProbe? Probe { get; init; }

    /// <summary>Whether the run could start.</summary>
    public bool CanStart => Problems.All(problem => problem.Severity != Severity.Error);
}
