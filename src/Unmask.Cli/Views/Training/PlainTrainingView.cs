using Unmask.Core.Events;

namespace Unmask.Cli.Views.Training;

/// <summary>
/// Shows a run as lines for a file or a pipe: the first word says of what kind a line is (phase, step, ranks, eval, sample, save, note, warn, task, end),
/// columns are aligned and never broken.
/// </summary>
public sealed class PlainTrainingView(TextWriter output) : IEventSink
{
    private static readonly TimeSpan BetweenPhaseLines = TimeSpan.FromSeconds(5);

    private PhaseChanged? shownPhase;

    public void Write(RunEvent happened)
    {
        foreach (var line in LinesOf(happened)) output.WriteLine(line);
    }

    /// <summary>The lines for an event; none where it needs none.</summary>
    internal IEnumerable<string> LinesOf(RunEvent happened)
    {
        switch (happened)
        {
            case RunStarted started: return [$"run    {started.Name} {started.RunId}"];
            case RunResumed resumed: return [$"note   resumes after step {resumed.Step}, from {resumed.Checkpoint}"];
            case PhaseChanged phase: return PhaseLine(phase) is { } line ? [line] : [];
            case StepLogged step: return [StepLine(step)];
            case RanksMeasured measured: return [$"ranks  {measured.Step,8}  {string.Join("  ", measured.Ranks.Select(RankText.Of))}"];
            case EvaluationFinished evaluation: return [EvaluationLine(evaluation)];
            case SamplesDrawn drawn: return drawn.Samples.Select(sample => SampleLine($"sample {drawn.Step,8}", sample));
            case CheckpointSaved saved: return [$"save   {saved.Step,8}  {saved.Path} ({saved.Saved.ToString().ToLowerInvariant()}, {Format.Bytes(saved.Bytes)})"];
            case CheckpointRejected rejected: return [$"warn   {rejected.Message}"];
            case Notice { Level: NoticeLevel.Warning } warning: return [$"warn   {warning.Message}"];
            case Notice notice: return [$"note   {notice.Message}"];
            case FinalEvaluation final: return [$"task   {final.Step,8}  {string.Join("  ", final.Metrics.Select(metric => $"{metric.Key} {metric.Value:F4}"))}"];
            case RunFinished finished: return [$"end    {finished.Step,8}  {finished.Outcome.ToString().ToLowerInvariant()}{(finished.Message is { } message ? $": {message}" : "")}"];
            default: return [];
        }
    }

    /// <summary>A phase gets a line when it begins and, while it lasts and counts, one every few seconds.</summary>
    private string? PhaseLine(PhaseChanged phase)
    {
        if (shownPhase?.Phase == phase.Phase && phase.Time - shownPhase.Time < BetweenPhaseLines) return null;
        shownPhase = phase;
        Func<long, string> figure = phase.Phase == Phases.Downloading ? bytes => Format.Bytes(bytes) : count => Format.Count(count);
        // Steps have lines of their own.
        var progress = phase.Done is { } done && phase.Phase != Phases.Training ? $"  {figure(done)}{(phase.Total is { } total ? $"/{figure(total)}" : "")}" : "";
        return $"phase  {Format.Words(phase.Phase)}{progress}{(phase.Detail is { } detail ? $"  {Format.OneLine(detail)}" : "")}";
    }

    private static string StepLine(StepLogged step) =>
        $"step   {step.Step,8}/{step.TotalSteps?.ToString() ?? Format.None,-8}"
        + $"  loss {Format.Number(step.Loss),8}  nll {Format.Number(step.Nll),8}  ppl {Format.Number(step.PerplexityBound),9}  acc {Format.Percent(step.MaskedAccuracy),6}"
        + $"  lr {Format.LearningRate(step.LearningRate),7}  grad {Format.Number(step.GradNorm),8}  tok/s {Format.Count(step.TokensPerSecond),8}"
        + $"  mem {Format.Bytes(step.MemoryBytes),10}  eta {Format.Duration(step.EtaSeconds)}";

    private static string EvaluationLine(EvaluationFinished evaluation) =>
        $"eval   {evaluation.Step,8}{"",9}"
        + $"  loss {Format.Number(evaluation.EvalLoss),8}  nll {Format.Number(evaluation.EvalNll),8}  ppl {Format.Number(evaluation.EvalPerplexityBound),9}  acc {Format.Percent(evaluation.EvalMaskedAccuracy),6}";

    private static string SampleLine(string head, DrawnSample sample) =>
        $"{head}  {Format.OneLine(sample.Prompt)} -> {Format.Output(sample.Output)}{(sample.Target is { } target ? $"  (target: {Format.OneLine(target)})" : "")}";
}
