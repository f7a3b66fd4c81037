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
                writer.Scalars(step.Time, step.Step, RunScalars.Of(step));
                break;
            case RanksMeasured ranks:
                writer.Scalars(ranks.Time, ranks.Step, RunScalars.Of(ranks));
                break;
            case EvaluationFinished evaluation:
                writer.Scalars(evaluation.Time, evaluation.Step, RunScalars.Of(evaluation));
                break;
            case SamplesDrawn drawn:
                writer.Text(drawn.Time, drawn.Step, "samples/text_summary", Table(drawn.Samples));
                break;
            case WeightsSeen seen:
                writer.Histograms(seen.Time, seen.Step, seen.Weights.Select(weight => ($"weights/{weight.Name}", weight)));
                break;
            case FinalEvaluation final:
                writer.Scalars(final.Time, final.Step, RunScalars.Of(final));
                break;
            case RunStarted started:
                writer.Text(started.Time, 0, "config/text_summary", string.Join('\n', started.Config.Select(setting => $"    {setting.Key}: {setting.Value}")));
                TensorBoardHparams.Begin(writer, started);
                break;
            case RunFinished finished:
                TensorBoardHparams.End(writer, finished);
                break;
        }
    }

    public void Dispose() => writer.Dispose();

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
