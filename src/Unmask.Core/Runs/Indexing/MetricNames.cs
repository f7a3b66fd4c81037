using Unmask.Core.Events;

namespace Unmask.Core.Runs.Indexing;

/// <summary>
/// The names of the series of a run. Those of training are the fields of <see cref="StepLogged"/> (<c>loss</c>, <c>nll</c>, <c>masked_accuracy</c>,
/// <c>learning_rate</c>, ...), and of several processes <c>waiting_share</c>; those of evaluation begin with <c>eval_</c>; loss by noise level is <c>noise/0.1-0.2</c> and <c>eval_noise/0.1-0.2</c>.
/// </summary>
public static class MetricNames
{
    public const string Loss = "loss";
    public const string Nll = "nll";
    public const string PerplexityBound = "perplexity_bound";
    public const string MaskedAccuracy = "masked_accuracy";
    public const string LearningRate = "learning_rate";
    public const string GradNorm = "grad_norm";
    public const string TokensPerSecond = "tokens_per_second";
    public const string StepSeconds = "step_seconds";
    public const string MemoryBytes = "memory_bytes";
    public const string WaitingShare = "waiting_share";
    public const string Epoch = "epoch";
    public const string LossScale = "loss_scale";
    public const string SkippedSteps = "skipped_steps";
    public const string EvalLoss = "eval_loss";
    public const string EvalNll = "eval_nll";
    public const string EvalPerplexityBound = "eval_perplexity_bound";
    public const string EvalMaskedAccuracy = "eval_masked_accuracy";

    /// <summary>The series of training loss by noise level begin with this.</summary>
    public const string NoisePrefix = "noise/";

    /// <summary>The series of evaluation loss by noise level begin with this.</summary>
    public const string EvalNoisePrefix = "eval_noise/";

    /// <summary>The measured values of an event.</summary>
    public static IEnumerable<(string Key, long Step, double Value)> Of(RunEvent happened) => happened switch
    {
        StepLogged s => Present(s.Step,
            (Loss, s.Loss), (Nll, s.Nll), (PerplexityBound, s.PerplexityBound), (MaskedAccuracy, s.MaskedAccuracy), (LearningRate, s.LearningRate), (GradNorm, s.GradNorm),
            (TokensPerSecond, s.TokensPerSecond), (StepSeconds, s.StepSeconds), (MemoryBytes, s.MemoryBytes), (Epoch, s.Epoch),
            (LossScale, s.LossScale), (SkippedSteps, s.SkippedSteps)).Concat(ByNoise(NoisePrefix, s.Step, s.LossByNoiseLevel)),
        RanksMeasured r => Present(r.Step, (WaitingShare, r.WaitingShare)),
        EvaluationFinished e => Present(e.Step,
            (EvalLoss, e.EvalLoss), (EvalNll, e.EvalNll), (EvalPerplexityBound, e.EvalPerplexityBound), (EvalMaskedAccuracy, e.EvalMaskedAccuracy)).Concat(ByNoise(EvalNoisePrefix, e.Step, e.LossByNoiseLevel)),
        _ => [],
    };

    private static IEnumerable<(string, long, double)> Present(long step, params (string Key, double? Value)[] values) =>
        values.Where(pair => pair.Value is not null).Select(pair => (pair.Key, step, pair.Value!.Value));

    private static IEnumerable<(string, long, double)> ByNoise(string prefix, long step, IReadOnlyList<NoiseLevelLoss>? levels) =>
        (levels ?? []).Where(level => level is { Loss: not null }).Select(level => (string.Create(CultureInfo.InvariantCulture, $"{prefix}{level.From:0.##}-{level.To:0.##}"), step, level.Loss!.Value));
}
