using System.Text;
using Spectre.Console;
using Spectre.Console.Rendering;
using Unmask.Core.Events;

namespace Unmask.Cli.Views.Training;

/// <summary>Draws a <see cref="RunPicture"/> as a panel of fixed layout, 80 to 100 columns wide.</summary>
public static class TrainingPanel
{
    private const int WidestPanel = 100;
    private const int NarrowestPanel = 60;
    private const int Frame = 4;
    private const int Columns = 3;
    private const int ShownSamples = 3;
    private const int ShownRanks = 8;

    /// <summary>The panel for a terminal of <paramref name="terminalWidth"/> columns.</summary>
    /// <param name="picture">What is known.</param>
    /// <param name="terminalWidth">Columns of the terminal.</param>
    /// <param name="stopping">Whether the person asked the run to stop.</param>
    public static IRenderable Draw(RunPicture picture, int terminalWidth, bool stopping = false)
    {
        // The last column stays free: some terminals break the line when it is filled.
        var width = Math.Clamp(terminalWidth - 1, NarrowestPanel, WidestPanel);
        var inner = width - Frame;
        List<string> lines = [Bar(picture, inner)];
        if (stopping) lines.Add("[yellow]Stopping: saves a checkpoint after this step. Ctrl+C again stops immediately.[/]");
        if (picture.Step is { } step) lines.AddRange(["", .. Numbers(step, inner), "", Curve(picture, inner)]);
        if (picture.Ranks is { } ranks) lines.AddRange(["", .. Ranks(ranks, inner)]);
        if (picture.Evaluation is { } evaluation) lines.AddRange(["", .. Evaluation(evaluation, picture.BestEvaluation!, inner)]);
        if (picture.Samples is { Samples.Count: > 0 } samples) lines.AddRange(["", .. Samples(samples, inner)]);

        return new Panel(new Rows(lines.Select(line => new Markup(line.Length == 0 ? " " : line).Overflow(Overflow.Ellipsis))))
        {
            Header = new PanelHeader($"┤ {Markup.Escape(Cut($"{picture.Name} · {PhaseText(picture)}", inner - 8))} ├"),
            Border = BoxBorder.Rounded,
            BorderStyle = new Style(Color.Gray),
            Width = width,
        };
    }

    private static string PhaseText(RunPicture picture) => picture.Phase is { } phase
        ? Format.Words(phase.Phase) + (phase.Detail is { } detail ? $": {Format.OneLine(detail)}" : "")
        : "starting";

    /// <summary>How far the training, or a phase beside it that counts, has come.</summary>
    private static string Bar(RunPicture picture, int inner)
    {
        var (done, total, eta) = picture switch
        {
            { Phase: { Phase: not Phases.Training, Done: { } d, Total: { } t } } => (d, t, null),
            { Step: { TotalSteps: { } t } step } => (step.Step, t, step.EtaSeconds),
            { Phase: { Done: { } d, Total: { } t } } => (d, t, null),
            _ => (0L, 0L, (double?)null),
        };
        if (total <= 0) return "[gray]working...[/]";

        var share = Math.Clamp((double)done / total, 0, 1);
        Func<long, string> figure = picture.Phase is { Phase: Phases.Downloading } ? bytes => Format.Bytes(bytes) : count => Format.Count(count);
        var totalText = figure(total);
        var text = $"{figure(done).PadLeft(totalText.Length)}/{totalText} {Math.Floor(100 * share),3:F0}%  {Format.Duration(eta),12} left";
        if (eta is null) text = text[..text.LastIndexOf('%')] + "%";
        var length = inner - text.Length - 2;
        var filled = (int)(share * length);
        return $"[green]{new string('━', filled)}[/][gray]{new string('─', length - filled)}[/]  {text}";
    }

    private static IEnumerable<string> Numbers(StepLogged step, int inner) =>
    [
        Line(inner, ("loss", Format.Number(step.Loss)), ("NLL bound", Format.Number(step.Nll)), ("learning rate", Format.LearningRate(step.LearningRate))),
        Line(inner, ("masked acc.", Format.Percent(step.MaskedAccuracy)), ("perplexity", Format.Number(step.PerplexityBound)), ("gradient norm", Format.Number(step.GradNorm))),
        Line(inner, ("tokens/s", Format.Count(step.TokensPerSecond)), ("memory", Format.Bytes(step.MemoryBytes)), ("epoch", step.Epoch.ToString("F2"))),
    ];

    private static string Curve(RunPicture picture, int inner)
    {
        var ends = $"{Format.Number(picture.Losses[0])} → {Format.Number(picture.Losses[^1])}";
        return $"[gray]loss curve[/]  [blue]{Sparkline.Draw(picture.Losses, inner - 14 - ends.Length)}[/]  {ends}";
    }

    /// <summary>The first processes, a line each.</summary>
    private static IEnumerable<string> Ranks(RanksMeasured measured, int inner)
    {
        yield return $"[gray]{measured.Ranks.Count} processes[/]";
        foreach (var rank in measured.Ranks.Take(ShownRanks)) yield return $"  {Markup.Escape(Cut(RankText.Of(rank), inner - 2))}";
        if (measured.Ranks.Count > ShownRanks) yield return $"  [gray]and {measured.Ranks.Count - ShownRanks} more, in the run's log[/]";
    }

    private static IEnumerable<string> Evaluation(EvaluationFinished last, EvaluationFinished best, int inner) =>
    [
        $"[gray]evaluation at step {last.Step}[/]{(ReferenceEquals(last, best) ? "  [green]best so far[/]" : $"  [gray]best {Format.Number(best.EvalLoss)} at step {best.Step}[/]")}",
        Line(inner, ("loss", Format.Number(last.EvalLoss)), ("NLL bound", Format.Number(last.EvalNll)), ("masked acc.", Format.Percent(last.EvalMaskedAccuracy))),
    ];

    private static IEnumerable<string> Samples(SamplesDrawn drawn, int inner)
    {
        yield return $"[gray]samples at step {drawn.Step}[/]";
        var shown = drawn.Samples.Take(ShownSamples).ToList();
        var promptWidth = Math.Min(inner / 3, shown.Max(sample => Width(Format.OneLine(sample.Prompt))));
        foreach (var sample in shown)
        {
            var output = Cut(Format.Output(sample.Output), inner - promptWidth - 5);
            var right = sample.Target is { } target && Format.OneLine(target) == Format.OneLine(sample.Output);
            yield return $"  {Markup.Escape(Pad(Cut(Format.OneLine(sample.Prompt), promptWidth), promptWidth))}  {(right ? "[green]" : "[default]")}{Markup.Escape(output)}[/]";
        }
    }

    /// <summary>Three names and values, in columns of equal width, values to the right.</summary>
    private static string Line(int inner, params (string Name, string Value)[] cells)
    {
        const int Gap = 3;
        var width = (inner - Gap * (Columns - 1)) / Columns;
        return string.Join(new string(' ', Gap), cells.Select(cell =>
            $"[gray]{Markup.Escape(cell.Name)}[/]{Markup.Escape(cell.Value.PadLeft(Math.Max(cell.Value.Length, width - cell.Name.Length)))}"));
    }

    /// <summary>As much of the text as fits, by the columns its letters take (East Asian letters take two).</summary>
    private static string Cut(string text, int width)
    {
        if (Width(text) <= width) return text;
        var cut = new StringBuilder();
        var taken = 1;
        foreach (var rune in text.EnumerateRunes())
        {
            taken += Width(rune.ToString());
            if (taken > width) break;
            cut.Append(rune);
        }

        return cut.Append('…').ToString();
    }

    private static string Pad(string text, int width) => text + new string(' ', Math.Max(0, width - Width(text)));

    private static int Width(string text) => new Segment(text).CellCount();
}
