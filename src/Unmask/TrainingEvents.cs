using Unmask.Core.Events;

namespace Unmask;

/// <summary>Something that a training run reports.</summary>
/// <param name="Time">When it happened (UTC).</param>
/// <example>
/// <code>
/// await foreach (var happened in UnmaskTrainer.StreamAsync(recipe))
/// {
///     if (happened is TrainingStepEvent step) Console.WriteLine($"{step.Step}: {step.Loss:F3}");
/// }
/// </code>
/// </example>
public abstract record TrainingEvent(DateTimeOffset Time)
{
    /// <summary>The public form of an event; null for one that only files and the workbench need.</summary>
    internal static TrainingEvent? From(RunEvent happened, string runFolder) => happened switch
    {
        PhaseChanged phase => new TrainingPhaseEvent(phase.Time, phase.Phase, phase.Detail, phase.Done, phase.Total),
        StepLogged step => new TrainingStepEvent(
            step.Time, step.Step, step.TotalSteps, step.Epoch, step.Loss, step.MaskedAccuracy, step.LearningRate, step.GradNorm, step.TokensPerSecond,
            step.EtaSeconds is { } left ? TimeSpan.FromSeconds(left) : null),
        EvaluationFinished evaluation => new TrainingEvaluationEvent(
            evaluation.Time, evaluation.Step, new Dictionary<string, double?> { ["loss"] = evaluation.EvalLoss, ["nll"] = evaluation.EvalNll, ["perplexity_bound"] = evaluation.EvalPerplexityBound, ["masked_accuracy"] = evaluation.EvalMaskedAccuracy }
                .Where(metric => metric.Value is not null).ToDictionary(metric => metric.Key, metric => metric.Value!.Value)),
        FinalEvaluation final => new TrainingEvaluationEvent(final.Time, final.Step, final.Metrics),
        CheckpointSaved saved => new TrainingCheckpointEvent(saved.Time, saved.Step, Path.Combine(runFolder, saved.Path)),
        SamplesDrawn drawn => new TrainingSamplesEvent(drawn.Time, drawn.Step, [.. drawn.Samples.Select(sample => KeyValuePair.Create(sample.Prompt, sample.Output))]),
        Notice notice => new TrainingNoticeEvent(notice.Time, notice.Level == NoticeLevel.Warning, notice.Message),
        CheckpointRejected rejected => new TrainingNoticeEvent(rejected.Time, IsWarning: true, rejected.Message),
        _ => null,
    };
}

/// <summary>What the run does now; repeated with growing <paramref name="Done"/> while a phase lasts.</summary>
/// <param name="Time">When it happened (UTC).</param>
/// <param name="Phase">For example <c>downloading</c>, <c>reading_data</c>, <c>loading_model</c>, <c>training</c>, <c>saving_model</c>.</param>
/// <param name="Detail">A few words, such as the file being read; null for none.</param>
/// <param name="Done">Rows, steps or bytes done; null when unknown.</param>
/// <param name="Total">Rows, steps or bytes in all; null when unknown.</param>
/// <example>
/// <code>
/// if (happened is TrainingPhaseEvent { Phase: "downloading" } phase) Console.WriteLine($"{phase.Done} of {phase.Total} bytes");
/// </code>
/// </example>
public sealed record TrainingPhaseEvent(DateTimeOffset Time, string Phase, string? Detail, long? Done, long? Total) : TrainingEvent(Time);

/// <summary>Metrics of training, means over the steps since the last such event.</summary>
/// <param name="Time">When it happened (UTC).</param>
/// <param name="Step">Optimizer steps made so far.</param>
/// <param name="TotalSteps">Optimizer steps of the run.</param>
/// <param name="Epoch">Passes over the data so far, with fraction.</param>
/// <param name="Loss">The training objective.</param>
/// <param name="MaskedAccuracy">Masked-token accuracy, 0 to 1.</param>
/// <param name="LearningRate">The learning rate of this step.</param>
/// <param name="GradientNorm">Global gradient norm before clipping; null when the step was skipped.</param>
/// <param name="TokensPerSecond">Tokens per second, without padding.</param>
/// <param name="Remaining">Estimated time until the last step.</param>
/// <example>
/// <code>
/// if (happened is TrainingStepEvent step) Console.WriteLine($"{step.Step}/{step.TotalSteps} loss {step.Loss:F3}, {step.TokensPerSecond:N0} tokens/s");
/// </code>
/// </example>
public sealed record TrainingStepEvent(
    DateTimeOffset Time, long Step, long? TotalSteps, double Epoch, double Loss, double? MaskedAccuracy, double LearningRate, double? GradientNorm, double TokensPerSecond, TimeSpan? Remaining) : TrainingEvent(Time);

/// <summary>Metrics of an evaluation: on the validation split during training, and of the task after it.</summary>
/// <param name="Time">When it happened (UTC).</param>
/// <param name="Step">Optimizer steps made so far.</param>
/// <param name="Metrics">For example <c>loss</c>, <c>perplexity_bound</c>, <c>masked_accuracy</c>, <c>phoneme_error_rate</c>.</param>
/// <example>
/// <code>
/// if (happened is TrainingEvaluationEvent evaluation) Console.WriteLine(string.Join(", ", evaluation.Metrics));
/// </code>
/// </example>
public sealed record TrainingEvaluationEvent(DateTimeOffset Time, long Step, IReadOnlyDictionary<string, double> Metrics) : TrainingEvent(Time);

/// <summary>A checkpoint is complete on disk.</summary>
/// <param name="Time">When it happened (UTC).</param>
/// <param name="Step">Optimizer steps made so far.</param>
/// <param name="Folder">Its folder.</param>
/// <example>
/// <code>
/// if (happened is TrainingCheckpointEvent checkpoint) Console.WriteLine($"saved {checkpoint.Folder}");
/// </code>
/// </example>
public sealed record TrainingCheckpointEvent(DateTimeOffset Time, long Step, string Folder) : TrainingEvent(Time);

/// <summary>The model answered a few fixed prompts.</summary>
/// <param name="Time">When it happened (UTC).</param>
/// <param name="Step">Optimizer steps made so far.</param>
/// <param name="Samples">Prompts with their answers.</param>
/// <example>
/// <code>
/// if (happened is TrainingSamplesEvent drawn) foreach (var (prompt, answer) in drawn.Samples) Console.WriteLine($"{prompt}: {answer}");
/// </code>
/// </example>
public sealed record TrainingSamplesEvent(DateTimeOffset Time, long Step, IReadOnlyList<KeyValuePair<string, string>> Samples) : TrainingEvent(Time);

/// <summary>A sentence for a person.</summary>
/// <param name="Time">When it happened (UTC).</param>
/// <param name="IsWarning">Whether something may be wrong.</param>
/// <param name="Message">The sentence.</param>
/// <example>
/// <code>
/// if (happened is TrainingNoticeEvent { IsWarning: true } notice) Console.Error.WriteLine(notice.Message);
/// </code>
/// </example>
public sealed record TrainingNoticeEvent(DateTimeOffset Time, bool IsWarning, string Message) : TrainingEvent(Time);

/// <summary>The last event of a run that was completed or stopped; one that fails throws.</summary>
/// <param name="Time">When it happened (UTC).</param>
/// <param name="Result">What became of it.</param>
/// <example>
/// <code>
/// if (happened is TrainingFinishedEvent finished) Console.WriteLine(finished.Result.ModelFolder);
/// </code>
/// </example>
public sealed record TrainingFinishedEvent(DateTimeOffset Time, TrainingResult Result) : TrainingEvent(Time);

/// <summary>The result of a training run.</summary>
/// <param name="IsCompleted">Whether every step was made; false where it was stopped, and can be resumed.</param>
/// <param name="RunFolder">The folder of the run: settings, events, checkpoints, outputs.</param>
/// <param name="ModelFolder">The trained model, or adapter; null where the run was stopped.</param>
/// <param name="Steps">Optimizer steps made.</param>
/// <param name="Duration">Wall time of this part of the run.</param>
/// <example>
/// <code>
/// var result = await UnmaskTrainer.TrainAsync(recipe);
/// using var model = await UnmaskModel.OpenAsync(result.ModelFolder!);
/// </code>
/// </example>
public sealed record TrainingResult(bool IsCompleted, string RunFolder, string? ModelFolder, long Steps, TimeSpan Duration);
