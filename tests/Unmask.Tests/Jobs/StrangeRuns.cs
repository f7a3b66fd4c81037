using Unmask.Core;
using Unmask.Core.Events;
using Unmask.Core.Jobs;
using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Recipes;
using Unmask.Core.Workspaces;

namespace Unmask.Tests.Jobs;

/// <summary>A home folder and a folder of runs beside it, with runs as nobody made them on purpose.</summary>
internal sealed class StrangeRuns : IDisposable
{
    /// <summary>A worker that does nothing for a moment, so that a run that was started shows it.</summary>
    private static readonly SchedulerOptions options = new() { Program = OperatingSystem.IsWindows() ? new UnmaskProgram("cmd.exe", ["/c", "timeout 1 &"]) : new UnmaskProgram("/bin/sh", ["-c", "sleep 1"]) };

    public TemporaryFolder Folder { get; } = new();

    public TrainParameters Settings { get; }

    public StrangeRuns()
    {
        Settings = new() { Dataset = Folder.Write("rows.jsonl", "{}"), ModelSize = "tiny", AdaptorName = "words", TrainDevice = TrainDevice.Cpu };
        // As an earlier start leaves it.
        Folder.Write("home/server.lock", "");
    }

    public void Dispose() => Folder.Dispose();

    /// <summary>A scheduler of the home, whose queue is not paused.</summary>
    public RunScheduler Open(string home = "home", TimeProvider? clock = null) => RunScheduler.Open(Workspace.Open(Folder[home], [Folder["runs"]]), options, clock);

    /// <summary>Writes a whole run of a terminal, as <c>runs/NAME</c> or below the home.</summary>
    public string Write(string place, params IEnumerable<RunEvent> events)
    {
        Folder.Write($"{place}/config.yaml", ConfigFile.Write(Settings));
        Folder.Write($"{place}/events.jsonl", [.. events.SelectMany(EventFormat.ToLine)]);
        return Folder[place];
    }

    /// <summary>The events of a run that reached its end.</summary>
    public static IReadOnlyList<RunEvent> WholeRun =>
    [
        new RunStarted("1", "words", new Dictionary<string, object?> { ["batch_size"] = 8 }, new Dictionary<string, string> { ["unmask"] = "0.1.0" }, new Dictionary<string, string> { ["device"] = "cpu" }),
        new PhaseChanged(Phases.Training, null, 0, 9),
        new StepLogged(3, 0.5, 1.5) { LossByNoiseLevel = [new(0, 0.5, 1.25, 7), new(0.5, 1, null, 0)], TotalSteps = 9, EtaSeconds = 12 },
        new RanksMeasured(3, [new(0, 100, 0.1, 1000), new(1, 100, 0.2, 1000)]),
        new EvaluationFinished(3, 1.75, 1.5, 4.4, 0.5) { LossByNoiseLevel = [new(0, 1, 1.25, 7)] },
        new SamplesDrawn(3, [new("a", "b", "c", ["_", "b"])]),
        new WeightsSeen(3, [new("w", -1, 1, 0, 2, [1, 2, 3])]),
        new CheckpointSaved(3, "checkpoints/step-000003", CheckpointKind.Regular, 12, 0.5),
        new Notice(NoticeLevel.Warning, "A warning."),
        new FinalEvaluation { Step = 9, Measure = "accuracy", Rows = 3, Examples = [new("a", "b")], Metrics = new Dictionary<string, double> { ["exact_words"] = 0.5 } },
        new RunFinished(RunOutcome.Done, 9, "outputs", Seconds: 3),
    ];
}
