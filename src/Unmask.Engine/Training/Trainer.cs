using System.Diagnostics;
using Unmask.Core.Events;
using Unmask.Core.Parameters;
using Unmask.Engine.Collectives;
using Unmask.Engine.Data;
using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Blocks;
using Unmask.Engine.Objectives.Losses;
using Unmask.Engine.Training.Checkpoints;
using Unmask.Engine.Training.Evaluation;
using Unmask.Engine.Training.Optimization;
using Unmask.Engine.Training.Parallel;
using Unmask.Engine.Training.State;

namespace Unmask.Engine.Training;

/// <summary>What the loop works with. Everything is ready: nothing here can turn out to be wrong after hours.</summary>
public sealed record TrainingSetup
{
    public required TrainParameters Parameters { get; init; }

    /// <summary>At which steps to log, evaluate and save.</summary>
    public required StepPlan Plan { get; init; }

    public required LearningRateSchedule Schedule { get; init; }

    public required MaskedLanguageModel Model { get; init; }

    public required AdamW Optimizer { get; init; }

    public required BatchSource Data { get; init; }

    public required IDiffusionObjective Objective { get; init; }

    /// <summary>The processes that train together.</summary>
    public ICollectives Ranks { get; init; } = SingleProcess.Instance;

    /// <summary>Scores the evaluation rows; null when there are none.</summary>
    public EvaluationLoss? Evaluation { get; init; }

    /// <summary>Denoises the fixed prompts; null when there are none.</summary>
    public SamplePreview? Preview { get; init; }

    public required ICheckpoints Checkpoints { get; init; }

    /// <summary>The weights whose histograms are reported; null for none.</summary>
    public IReadOnlyList<NamedParameter>? Watched { get; init; }
}

/// <summary>The training loop.</summary>
public sealed class Trainer(TrainingSetup setup, IEventSink events)
{
    private readonly StepPlan _plan = setup.Plan;
    private readonly StepDivision _division = new(setup.Parameters);
    private readonly RankMeters _meters = new(setup.Ranks.Size);

    /// <summary>Trains from where <paramref name="state"/> stands to the last step, or until asked to stop.</summary>
    /// <returns>Whether the last step was reached. Either way the newest checkpoint holds the state returned in <paramref name="state"/>.</returns>
    /// <exception cref="NumericDivergence">A step gave something that is not finite; the weights are those before it.</exception>
    public bool Run(TrainingState state, CancellationToken stop)
    {
        if (setup.Parameters.Dtype == TrainDtype.Float16) state.LossScale ??= new LossScale();
        var step = new TrainingStep(setup.Model, setup.Optimizer, setup.Parameters.MaxGradNorm, setup.Ranks, state.LossScale, setup.Objective);
        if (state.Step == 0 && setup.Parameters.EvalOnStart) Evaluate(state);
        TellTraining(state);

        while (state.Step < _plan.TotalSteps)
        {
            var clock = Stopwatch.StartNew();

            // 1. The rows of this step, and the noise of those that are computed here: functions of seed, epoch and example alone.
            var epoch = (int)(state.Step / _plan.StepsPerEpoch);
            var batches = setup.Data.Step(state.Step);
            var own = _division.PartsOf(batches, setup.Ranks.Rank, setup.Ranks.Size).Select(part => Noised(part, epoch)).ToArray();
            var rounds = setup.Optimizer.Gradients.TakesEveryPart ? _division.Rounds(batches, setup.Ranks.Size) : own.Length;

            // 2. Forward, backward, sum, clip, update.
            var learningRate = setup.Schedule.At(state.Step);
            var result = step.Run(own, learningRate, rounds, stop);
            state.Step++;

            // 3. Count.
            state.Meter.Add(result, result.Reports.Sum(report => report.Tokens), clock.Elapsed.TotalSeconds);
            state.TrainingSeconds += clock.Elapsed.TotalSeconds;
            _meters.Add(result.Reports);

            // 4. Report, evaluate, save.
            if (result.Skip is { } cause) ReportSkip(state, cause);
            if (_plan.LogsAt(state.Step)) Log(state, learningRate, result.GradientNorm);
            var isBest = _plan.EvaluatesAt(state.Step) && Evaluate(state);
            var stopping = (setup.Ranks.Size > 1 ? result.Reports.Any(report => report.Stopping) : stop.IsCancellationRequested) && state.Step < _plan.TotalSteps;
            if (_plan.SavesAt(state.Step) || stopping || (isBest && setup.Parameters.KeepBest))
            {
                setup.Checkpoints.Save(state, stopping ? CheckpointKind.Stop : state.Step == _plan.TotalSteps ? CheckpointKind.Final : isBest ? CheckpointKind.Best : CheckpointKind.Regular);
                TellTraining(state, stopping);
            }

            if (stopping) return false;
        }

        return true;
    }

    private WeightedBatch Noised(StepPart part, int epoch)
    {
        var noised = setup.Objective.Corrupt(part.Rows, setup.Parameters.Seed, epoch);
        return new WeightedBatch(noised, part.Norm.ScoredWeights(noised)) { FirstRow = part.FirstRow };
    }

    private void Log(TrainingState state, double learningRate, double? gradientNorm)
    {
        var meter = state.Meter;
        var nll = setup.Objective.BoundsLikelihood ? meter.WeightedNll / meter.Maskable : (double?)null;
        events.Write(new StepLogged(
            state.Step, (double)state.Step / _plan.StepsPerEpoch, meter.MeanLoss, nll, nll is { } n ? Math.Exp(n) : null,
            meter.Masked > 0 ? (double)meter.Correct / meter.Masked : null, learningRate, gradientNorm,
            meter.Tokens / meter.Seconds, meter.Seconds / meter.Steps, ProcessMemory.ResidentBytes(),
            meter.Seconds / meter.Steps * (_plan.TotalSteps - state.Step))
        {
            TotalSteps = _plan.TotalSteps,
            LossByNoiseLevel = TrainingMeter.ByNoiseLevel(meter.NllByTime, meter.MaskedByTime),
            LossScale = state.LossScale?.Factor,
            SkippedSteps = state.LossScale?.SkippedSteps,
        });
        state.Meter = new TrainingMeter();
        if (setup.Ranks.Size > 1) events.Write(_meters.Measure(state.Step));
    }

    private void ReportSkip(TrainingState state, SkipCause cause) => events.Write(new Notice(NoticeLevel.Info, string.Create(
        CultureInfo.InvariantCulture,
        $"Step {state.Step} changed no weight: a gradient of the scaled loss {(cause == SkipCause.Float16 ? "overflowed float16" : $"was above {ExactSum.Largest}, the most that deterministic sums take")}. The loss scale is {state.LossScale!.Factor:R} from here on; skipped so far: {state.LossScale.SkippedSteps} of {state.Step} steps.")));

    /// <summary>Scores the evaluation rows and denoises the fixed prompts. Gives whether the loss is the lowest so far.</summary>
    private bool Evaluate(TrainingState state)
    {
        setup.Model.Training = false;
        var isBest = false;
        if (setup.Evaluation is { } evaluation)
        {
            events.Write(new PhaseChanged(Phases.Evaluating));
            var measured = evaluation.Measure(state.Step);
            events.Write(measured);
            isBest = double.IsFinite(measured.EvalLoss) && !(measured.EvalLoss >= state.BestEvalLoss);
            if (isBest) state.BestEvalLoss = measured.EvalLoss;
            (state.LastEvalLoss, state.LastEvalStep) = (measured.EvalLoss, state.Step);
        }

        if (setup.Watched is { } watched) events.Write(WeightHistograms.Of(state.Step, watched));
        if (setup.Preview is { } preview)
        {
            events.Write(new PhaseChanged(Phases.Sampling));
            events.Write(preview.Draw(state.Step));
        }

        TellTraining(state);
        return isBest && state.Step > 0;
    }

    /// <summary>Says that it trains, where it does.</summary>
    private void TellTraining(TrainingState state, bool stopping = false)
    {
        if (!stopping && state.Step < _plan.TotalSteps) events.Write(new PhaseChanged(Phases.Training, Done: state.Step, Total: _plan.TotalSteps));
    }
}
