using System.Globalization;
using System.Text;
using Unmask.Core.Events;

namespace Unmask.Core.Tracking;

/// <summary>Shows the events of a run in TensorBoard: curves under <c>train/</c>, <c>eval/</c> and <c>final/</c>, samples as text.</summary>
public sealed class TensorBoardSink(TensorBoardWriter writer) : IEventSink, IDisposable
{
    public void Write(RunEvent happened)
    {
        switch (happened)
        {
            case StepLogged step:
                writer.Scalars(step.Time, step.Step, [.. Present(
                    ("train/loss", step.Loss),
                    ("train/nll", step.Nll),
                    ("train/perplexity_bound", step.PerplexityBound),
                    ("train/masked_accuracy", step.MaskedAccuracy),
                    ("train/learning_rate", step.LearningRate),
                    ("train/grad_norm", step.GradNorm),
                    ("train/tokens_per_second", step.TokensPerSecond),
                    ("train/step_seconds", step.StepSeconds),
                    ("train/memory_bytes", step.MemoryBytes),
                    ("train/epoch", step.Epoch)), .. ByNoise("train", step.LossByNoiseLevel)]);
                break;
            case EvaluationFinished evaluation:
                writer.Scalars(evaluation.Time, evaluation.Step, [.. Present(
                    ("eval/loss", evaluation.EvalLoss),
                    ("eval/nll", evaluation.EvalNll),
                    ("eval/perplexity_bound", evaluation.EvalPerplexityBound),
                    ("eval/masked_accuracy", evaluation.EvalMaskedAccuracy)), .. ByNoise("eval", evaluation.LossByNoiseLevel)]);
                break;
            case SamplesDrawn drawn:
                writer.Text(drawn.Time, drawn.Step, "samples/text_summary", Table(drawn.Samples));
                break;
            case FinalEvaluation final:
                writer.Scalars(final.Time, final.Step, [.. final.Metrics.Select(metric => ($"final/{metric.Key}", metric.Value))]);
                break;
            case RunStarted started:
                writer.Text(started.Time, 0, "config/text_summary", string.Join('\n', started.Config.Select(setting => $"    {setting.Key}: {setting.Value}")));
                break;
        }
    }

    public void Dispose() => writer.Dispose();

    private static IEnumerable<(string Tag, double Value)> Present(params (string Tag, double? Value)[] values) =>
        values.Where(pair => pair.Value is not null).Select(pair => (pair.Tag, pair.Value!.Value));

    private static IEnumerable<(string Tag, double Value)> ByNoise(string group, IReadOnlyList<NoiseLevelLoss>? levels) =>
        (levels ?? []).Where(level => level.Loss is not null)
            .Select(level => (string.Create(CultureInfo.InvariantCulture, $"{group}/loss_by_noise/{level.From:0.00}-{level.To:0.00}"), level.Loss!.Value));

    private static string Table(IReadOnlyList<DrawnSample> samples)
    {
        bool targets = samples.Any(sample => sample.Target is not null);
        var table = new StringBuilder(targets ? "| prompt | output | right answer |\n|---|---|---|\n" : "| prompt | output |\n|---|---|\n");
        foreach (DrawnSample sample in samples)
        {
            table.Append(CultureInfo.InvariantCulture, $"| {Cell(sample.Prompt)} | {Cell(sample.Output)} |");
            if (targets) table.Append(CultureInfo.InvariantCulture, $" {Cell(sample.Target ?? "")} |");
            table.Append('\n');
        }

        return table.ToString();
    }

    private static string Cell(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("|", "\\|", StringComparison.Ordinal)
            .Replace("\r", "", StringComparison.Ordinal).Replace("\n", "<br>", StringComparison.Ordinal);
}
