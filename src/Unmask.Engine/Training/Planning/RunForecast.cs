using Unmask.Core;
using Unmask.Core.Events;
using Unmask.Core.Parameters;
using Unmask.Engine.Data.Preparation;

namespace Unmask.Engine.Training.Planning;

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
/// <param name="Total">Optimiser steps.</param>
/// <param name="PerEpoch">Optimiser steps of one pass over the data.</param>
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
            plan.TotalSteps, plan.StepsPerEpoch, (double)plan.TotalSteps / plan.StepsPerEpoch, (long)parameters.BatchSize * parameters.GradientAccumulationSteps,
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

    /// <summary>Looks at everything; the rows are tokenised, and no weight is loaded unless steps are to be tried.</summary>
    /// <param name="recipe">The settings as they were written.</param>
    /// <param name="folder">An empty folder for prepared rows and a learned vocabulary.</param>
    /// <param name="probe">Whether a few steps are made, for their time and memory; not where errors forbid the run.</param>
    /// <param name="events">Told how far it is.</param>
    /// <param name="stop">Stops it.</param>
    public static RunForecast Of(Recipe recipe, string folder, bool probe, IEventSink events, CancellationToken stop)
    {
        var parameters = recipe.Parameters;
        var problems = recipe.Check(TrainingInputs.Facts(parameters));
        if (problems.Any(problem => problem.Severity == Severity.Error)) return new RunForecast(problems);
        try
        {
            var tokenizer = Path.Combine(folder, "tokenizer");
            var subject = TrainingSubject.Prepare(parameters, tokenizer);
            using var data = TrainingRows.Prepare(parameters, subject, tokenizer, Path.Combine(folder, "data"), events, stop);
            var forecast = Of(recipe, subject, data);
            if (!probe || !forecast.CanStart) return forecast;
            events.Write(new PhaseChanged(Phases.Training));
            return forecast with { Probe = StepProbe.Measure(parameters, subject, data.Train, stop) };
        }
        catch (UserError error)
        {
            return new RunForecast([.. error.Problems.Select(sentence => Problem.Error(null, sentence)), .. problems]);
        }
    }

    private static RunForecast Of(Recipe recipe, TrainingSubject subject, PreparedData data)
    {
        var parameters = recipe.Parameters;
        var needs = RunNeeds.Of(parameters, subject, data);
        var facts = RunFacts.Of(subject, data, needs, parameters.OutputDir);
        var problems = recipe.Check(facts);
        return new RunForecast(problems)
        {
            Model = new ModelForecast(subject.Architecture.ClassName, needs.Weights.All, needs.Weights.Trained, needs.Device.ToString()),
            Data = data.Report,
            Steps = StepForecast.Of(parameters, data.Train.Count),
            Memory = needs.Memory,
            MemoryAvailableBytes = facts.DeviceMemoryBytes,
            Remedies = facts.DeviceMemoryBytes is { } available && needs.Memory.Peak > 0.9 * available
                ? Remedy.ForMemory(parameters, subject, needs.Load, needs.OnGpu, available)
                : [],
            Disk = new DiskForecast(needs.Weights.CheckpointBytes, CrossFieldRules.MostCheckpoints(parameters, facts), needs.Weights.OutputBytes, facts.FreeDiskBytes!.Value),
        };
    }
}
