using Unmask.Core.Events;

namespace Unmask.Core.Runs;

/// <summary>How far a run is and what it measured last: its events, taken together.</summary>
public sealed record RunProgress
{
    /// <summary>A run that has told nothing yet.</summary>
    public static RunProgress None { get; } = new();

    /// <summary>What it does now, one of <see cref="Phases"/>; null before its first event. Stays at the last when the run has ended.</summary>
    public string? Phase { get; init; }

    /// <summary>A few words about the phase, e.g. the file being read.</summary>
    public string? PhaseDetail { get; init; }

    /// <summary>Units of the phase done so far (rows, steps, bytes).</summary>
    public long? PhaseDone { get; init; }

    /// <summary>Units of the phase in all.</summary>
    public long? PhaseTotal { get; init; }

    /// <summary>When the phase began.</summary>
    public DateTimeOffset? PhaseSince { get; init; }

    /// <summary>Last optimizer step that is known to be made; null before training.</summary>
    public long? Step { get; init; }

    /// <summary>All optimizer steps; null before training.</summary>
    public long? TotalSteps { get; init; }

    /// <summary>Estimated time until the last step, at the last report; null when training has ended or not begun.</summary>
    public double? EtaSeconds { get; init; }

    /// <summary>The last reported training loss, its likelihood bound and its learning rate.</summary>
    public double? Loss { get; init; }

    /// <summary>Upper bound on the negative log-likelihood, nats per token.</summary>
    public double? Nll { get; init; }

    /// <summary>Share of masked tokens guessed right, 0..1.</summary>
    public double? MaskedAccuracy { get; init; }

    /// <summary>Last learning rate.</summary>
    public double? LearningRate { get; init; }

    /// <summary>Real tokens a second.</summary>
    public double? TokensPerSecond { get; init; }

    /// <summary>Memory of the process (CPU) or of the device (GPU).</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>What each of its processes did last; null where it has one only, or none has reported yet.</summary>
    public IReadOnlyList<RankMeasure>? Ranks { get; init; }

    /// <summary>Loss of the last evaluation.</summary>
    public double? EvalLoss { get; init; }

    /// <summary>The lowest evaluation loss so far.</summary>
    public double? BestEvalLoss { get; init; }

    /// <summary>Step of <see cref="BestEvalLoss"/>.</summary>
    public long? BestEvalStep { get; init; }

    /// <summary>Step of the last checkpoint.</summary>
    public long? CheckpointStep { get; init; }

    /// <summary>When the run first started.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When it told something last.</summary>
    public DateTimeOffset? LastEvent { get; init; }

    /// <summary>How often it went on after an interruption.</summary>
    public int Resumes { get; init; }

    /// <summary>The device it trains on, as it told at its start.</summary>
    public string? Device { get; init; }

    /// <summary>How it ended; null while its last event is another one.</summary>
    public RunFinished? Finished { get; init; }

    /// <summary>Its first step of this process is being made, or was; it is not only preparing.</summary>
    public bool HasBegunTraining => Phase is not (null or Phases.Downloading or Phases.ReadingData or Phases.Tokenizing or Phases.LoadingModel) && Finished is null;

    /// <summary>The progress after one more event.</summary>
    public RunProgress With(RunEvent happened)
    {
        RunProgress now = this with { LastEvent = happened.Time, Started = Started ?? happened.Time, Finished = null };
        return happened switch
        {
            RunStarted started => now with { Device = started.Machine?.GetValueOrDefault("device") },
            RunResumed resumed => now with { Resumes = Resumes + 1, Step = resumed.Step > 0 ? resumed.Step : null, Phase = null, PhaseDetail = null, PhaseDone = null, PhaseTotal = null, Ranks = null },
            PhaseChanged phase => now.In(phase),
            StepLogged step => now with
            {
                Step = step.Step,
                TotalSteps = step.TotalSteps ?? TotalSteps,
                EtaSeconds = step.EtaSeconds,
                Loss = step.Loss,
                Nll = step.Nll,
                MaskedAccuracy = step.MaskedAccuracy,
                LearningRate = step.LearningRate,
                TokensPerSecond = step.TokensPerSecond,
                MemoryBytes = step.MemoryBytes ?? MemoryBytes,
            },
            RanksMeasured { Ranks.Count: > 1 } measured => now with { Ranks = measured.Ranks },
            EvaluationFinished evaluation => now with
            {
                EvalLoss = evaluation.EvalLoss,
                BestEvalLoss = evaluation.EvalLoss < (BestEvalLoss ?? double.PositiveInfinity) ? evaluation.EvalLoss : BestEvalLoss,
                BestEvalStep = evaluation.EvalLoss < (BestEvalLoss ?? double.PositiveInfinity) ? evaluation.Step : BestEvalStep,
            },
            CheckpointSaved saved => now with { CheckpointStep = saved.Step, Step = Math.Max(Step ?? 0, saved.Step) },
            RunFinished finished => now with { Finished = finished, Step = finished.Step > 0 ? finished.Step : Step, EtaSeconds = null },
            _ => now,
        };
    }

    private RunProgress In(PhaseChanged phase)
    {
        bool trains = phase.Phase == Phases.Training;
        return this with
        {
            Phase = phase.Phase,
            PhaseDetail = phase.Detail,
            PhaseDone = phase.Done,
            PhaseTotal = phase.Total,
            PhaseSince = phase.Phase == Phase ? PhaseSince : phase.Time,
            Step = trains && phase.Done is { } done ? done : Step,
            TotalSteps = trains && phase.Total is { } total ? total : TotalSteps,
            EtaSeconds = phase.Phase is Phases.FinalEvaluation or Phases.SavingModel ? null : EtaSeconds,
        };
    }
}
