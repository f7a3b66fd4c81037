using Unmask.Core.Events;

namespace Unmask.Core.Tracking;

/// <summary>The curves of a run, the same in TensorBoard and in Weights &amp; Biases: <c>train/</c>, <c>eval/</c> and <c>final/</c>.</summary>
internal static class RunScalars
{
    /// <summary>The points that an event adds at its step.</summary>
    public static IReadOnlyList<(string Name, double Value)> Of(RunEvent happened) => happened switch
    {
        StepLogged step =>
        [
            .. Present(
                ("train/loss", step.Loss),
                ("train/nll", step.Nll),
                ("train/perplexity_bound", step.PerplexityBound),
                ("train/masked_accuracy", step.MaskedAccuracy),
                ("train/learning_rate", step.LearningRate),
                ("train/grad_norm", step.GradNorm),
                ("train/tokens_per_second", step.TokensPerSecond),
                ("train/step_seconds", step.StepSeconds),
                ("train/memory_bytes", step.MemoryBytes),
                ("train/epoch", step.Epoch),
                ("train/loss_scale", step.LossScale),
                ("train/skipped_steps", step.SkippedSteps)),
            .. ByNoise("train", step.LossByNoiseLevel),
        ],
        RanksMeasured ranks => [("train/waiting_share", ranks.WaitingShare)],
        EvaluationFinished evaluation =>
        [
            .. Present(
                ("eval/loss", evaluation.EvalLoss),
                ("eval/nll", evaluation.EvalNll),
                ("eval/perplexity_bound", evaluation.EvalPerplexityBound),
                ("eval/masked_accuracy", evaluation.EvalMaskedAccuracy)),
            .. ByNoise("eval", evaluation.LossByNoiseLevel),
        ],
        FinalEvaluation final => [.. final.Metrics.Select(metric => ($"final/{metric.Key}", metric.Value))],
        _ => [],
    };

    private static IEnumerable<(string Name, double Value)> Present(params (string Name, double? Value)[] values) =>
        values.Where(pair => pair.Value is not null).Select(pair => (pair.Name, pair.Value!.Value));

    private static IEnumerable<(string Name, double Value)> ByNoise(string group, IReadOnlyList<NoiseLevelLoss>? levels) =>
        (levels ?? []).Where(level => level.Loss is not null)
            .Select(level => (string.Create(CultureInfo.InvariantCulture, $"{group}/loss_by_noise/{level.From:0.00}-{level.To:0.00}"), level.Loss!.Value));
}
