using Spectre.Console.Testing;
using Unmask.Cli.Views;
using Unmask.Cli.Views.Training;
using Unmask.Core.Events;
using Xunit;

namespace Unmask.Tests.Cli;

public sealed class TrainingViewTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private static readonly StepLogged Step210 = new(
        210, 3.21, 1.2345, Nll: 1.1034, PerplexityBound: 3.0144, MaskedAccuracy: 0.612, LearningRate: 9.81e-4, GradNorm: 0.8123,
        TokensPerSecond: 41230, StepSeconds: 0.4, MemoryBytes: 1_300_000_000, EtaSeconds: 115)
    { TotalSteps = 510 };

    private static readonly EvaluationFinished Eval170 = new(170, 1.31, EvalNll: 1.21, EvalPerplexityBound: 3.3535, EvalMaskedAccuracy: 0.601);

    private static readonly SamplesDrawn Samples170 = new(170,
        [new DrawnSample("abbreviated", "AH B R IY V IY EY T AH D", "AH B R IY V IY EY T IH D"), new DrawnSample("cat\nand dog", "K AE T", "K AE T")]);

    [Fact]
    public void The_panel_shows_everything_aligned_in_80_columns()
    {
        var drawn = Draw(80, Started, new PhaseChanged(Phases.Training), Step(10, 2.9), Step(20, 2.0), Step210, Eval170, Samples170);

        Assert.Equal(
        [
            "╭─┤ quickstart · training ├" + new string('─', 51) + "╮",
            Row(new string('━', 17) + new string('─', 25) + "  210/510  41%    1 min 55 s left"),
            Row(""),
            Row("loss             1.2345   NLL bound        1.1034   learning rate   9.81e-4"),
            Row("masked acc.       61.2%   perplexity       3.0144   gradient norm    0.8123"),
            Row("tokens/s         41,230   memory          1.2 GiB   epoch              3.21"),
            Row(""),
            Row("loss curve  █▄▁  2.9000 → 1.2345"),
            Row(""),
            Row("evaluation at step 170  best so far"),
            Row("loss             1.3100   NLL bound        1.2100   masked acc.       60.1%"),
            Row(""),
            Row("samples at step 170"),
            Row("  abbreviated  AH B R IY V IY EY T AH D"),
            Row("  cat and dog  K AE T"),
            "╰─────────────────────────────────────────────────────────────────────────────╯",
        ], drawn);
    }

    [Fact]
    public void A_download_before_the_run_has_a_bar_of_bytes()
    {
        var drawn = Draw(80, new PhaseChanged(Phases.Downloading, "org/model, 40 s left", 120L << 20, 580L << 20));

        Assert.Equal("╭─┤ run · downloading: org/model, 40 s left ├" + new string('─', 33) + "╮", drawn[0]);
        Assert.Equal(Row(new string('━', 10) + new string('─', 39) + "  120.0 MiB/580.0 MiB  20%"), drawn[1]);
    }

    [Theory, InlineData(60), InlineData(80), InlineData(120), InlineData(200)]
    public void No_line_of_the_panel_is_wider_than_the_terminal_whatever_the_text(int width)
    {
        var wild = new SamplesDrawn(5, [new DrawnSample(new string('漢', 70), string.Concat(Enumerable.Repeat("[red]x[/] ", 40))), new DrawnSample("", "")]);

        var drawn = Draw(width, new RunStarted("id", new string('n', 300), new Dictionary<string, object?>(), new Dictionary<string, string>(), new Dictionary<string, string>()),
            new PhaseChanged(Phases.Sampling, new string('d', 300), 3, 10), Step210 with { Loss = double.NaN, Nll = null, GradNorm = double.PositiveInfinity }, Eval170, wild);

        Assert.All(drawn, line => Assert.InRange(new Spectre.Console.Rendering.Segment(line).CellCount(), 1, width));
        Assert.Single(drawn.Select(line => new Spectre.Console.Rendering.Segment(line).CellCount()).Distinct());
    }

    [Fact]
    public void Before_the_first_step_the_bar_counts_what_the_phase_counts()
    {
        var drawn = Draw(80, Started, new PhaseChanged(Phases.Tokenizing, "train.jsonl", 1500, 6000));

        Assert.StartsWith("╭─┤ quickstart · tokenizing: train.jsonl ├─", drawn[0]);
        Assert.EndsWith("1,500/6,000  25% │", drawn[1]);
        Assert.Equal(3, drawn.Length);
    }

    [Fact]
    public void Stopping_is_shown()
    {
        var console = new TestConsole().Width(80);
        console.Write(TrainingPanel.Draw(new RunPicture(), 80, stopping: true));

        Assert.Contains("Stopping: saves a checkpoint after this step.", console.Output);
    }

    [Fact]
    public void The_live_view_gives_the_cursor_back_and_leaves_the_last_state_and_the_notices()
    {
        var console = new TestConsole().Width(80).EmitAnsiSequences();
        using (var view = new LiveTrainingView(console, CancellationToken.None))
        {
            view.Write(Started);
            view.Write(new Notice(NoticeLevel.Warning, "2 rows of [x.jsonl] were bad."));
            view.Write(Step210);
        }

        Assert.Contains("Warning:", console.Output);
        Assert.Contains("2 rows of [x.jsonl] were bad.", console.Output);
        Assert.Contains("210/510", console.Output);
        Assert.True(console.Output.LastIndexOf("\e[?25h", StringComparison.Ordinal) > console.Output.LastIndexOf("\e[?25l", StringComparison.Ordinal));
    }

    [Fact]
    public void Plain_lines_are_aligned_and_start_with_their_kind()
    {
        using var output = new StringWriter();
        var view = new PlainTrainingView(output);
        RunEvent[] events =
        [
            Started, new PhaseChanged(Phases.ReadingData, "train.jsonl"), new Notice(NoticeLevel.Info, "Device: cpu."), Step(10, 2.9) with { TotalSteps = 510 }, Step210, Eval170, Samples170,
            new CheckpointSaved(210, "checkpoints/step-210", CheckpointKind.Regular, 3_000_000),
            new FinalEvaluation { Step = 510, Metrics = new Dictionary<string, double> { ["phoneme_error_rate"] = 0.1312, ["exact_words"] = 0.5 } },
            new RunFinished(RunOutcome.Done, 510, "outputs"),
        ];
        foreach (var happened in events) view.Write(happened);

        Assert.Equal(
        [
            "run    quickstart 20260131-120000",
            "phase  reading data  train.jsonl",
            "note   Device: cpu.",
            "step         10/510       loss   2.9000  nll        –  ppl         –  acc      –  lr  0.00e0  grad        –  tok/s        0  mem          –  eta –",
            "step        210/510       loss   1.2345  nll   1.1034  ppl    3.0144  acc  61.2%  lr 9.81e-4  grad   0.8123  tok/s   41,230  mem    1.2 GiB  eta 1 min 55 s",
            "eval        170           loss   1.3100  nll   1.2100  ppl    3.3535  acc  60.1%",
            "sample      170  abbreviated -> AH B R IY V IY EY T AH D  (target: AH B R IY V IY EY T IH D)",
            "sample      170  cat and dog -> K AE T  (target: K AE T)",
            "save        210  checkpoints/step-210 (regular, 2.9 MiB)",
            "task        510  phoneme_error_rate 0.1312  exact_words 0.5000",
            "end         510  done",
        ], Lines(output.ToString()));
    }

    [Fact]
    public void A_phase_that_counts_gets_a_plain_line_every_few_seconds_only()
    {
        using var output = new StringWriter();
        var view = new PlainTrainingView(output);
        for (var second = 0; second <= 12; second++) view.Write(new PhaseChanged(Phases.Tokenizing, null, second * 100, 1200) { Time = Noon.AddSeconds(second) });
        view.Write(new PhaseChanged(Phases.LoadingModel) { Time = Noon.AddSeconds(12) });

        Assert.Equal(["phase  tokenizing  0/1,200", "phase  tokenizing  500/1,200", "phase  tokenizing  1,000/1,200", "phase  loading model"], Lines(output.ToString()));
    }

    [Fact]
    public void Json_lines_are_the_events_themselves()
    {
        using var output = new StringWriter();
        var view = new JsonTrainingView(output);
        view.Write(Step210);
        view.Write(Eval170);

        var lines = output.ToString().Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.Equivalent(Step210, EventFormat.FromLine(System.Text.Encoding.UTF8.GetBytes(lines[0])));
        Assert.Equivalent(Eval170, EventFormat.FromLine(System.Text.Encoding.UTF8.GetBytes(lines[1])));
        Assert.Equal("", lines[2]);
    }

    [Fact]
    public void The_summary_tells_metrics_examples_the_model_and_the_next_command()
    {
        var summary = new RunSummary();
        RunEvent[] events =
        [
            Started, Step210 with { Step = 500 }, Eval170, Samples170,
            new FinalEvaluation { Step = 510, Rows = 1200, Metrics = new Dictionary<string, double> { ["phoneme_error_rate"] = 0.1312 }, Examples = [new("two words", "T UW", "T UW W")] },
            new RunFinished(RunOutcome.Done, 510, "outputs", Seconds: 283),
        ];
        foreach (var happened in events) summary.Write(happened);
        var console = new TestConsole().Width(200);
        summary.Print(console, "runs/one");

        var model = Path.Combine("runs/one", "outputs");
        Assert.Equal(
        [
            "Final evaluation",
            "  steps               510, 4 min 43 s in all",
            "  evaluation loss     1.3100 at step 170 (best)",
            "  perplexity bound    3.3535",
            "  masked accuracy     60.1%",
            "  phoneme error rate  13.12%",
            "  rows scored         1,200",
            "",
            "Samples",
            "  two words  T UW",
            "    target:  T UW W",
            "",
            "Output",
            $"  model   {model}",
            "  run     runs/one",
            "",
            "Next steps",
            $"  unmask sample --model {model} --prompt 'two words'",
        ], Lines(console.Output));
    }

    [Fact]
    public void The_summary_of_a_stopped_run_says_how_to_go_on()
    {
        var summary = new RunSummary();
        summary.Write(Step210);
        summary.Write(new RunFinished(RunOutcome.Stopped, 210));
        var console = new TestConsole().Width(200);
        summary.Print(console, "runs/my run");

        Assert.Equal("  unmask train --resume 'runs/my run'", Lines(console.Output)[^1]);
        Assert.DoesNotContain("model ", console.Output);
    }

    private static RunStarted Started => new("20260131-120000", "quickstart", new Dictionary<string, object?>(), new Dictionary<string, string>(), new Dictionary<string, string>());

    private static StepLogged Step(long step, double loss) => new(step, 0, loss) { TotalSteps = 510 };

    private static string Row(string text) => $"│ {text,-75} │";

    private static string[] Draw(int width, params RunEvent[] events)
    {
        var picture = new RunPicture();
        foreach (var happened in events) picture.Take(happened);
        var console = new TestConsole().Width(width);
        console.Write(TrainingPanel.Draw(picture, width));
        return Lines(console.Output);
    }

    private static string[] Lines(string text) => [.. text.ReplaceLineEndings("\n").Trim('\n').Split('\n').Select(line => line.TrimEnd())];
}
