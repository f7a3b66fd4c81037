using Unmask.Core.Events;
using Unmask.Core.Jobs.Registry;
using Unmask.Core.Jobs.Status;
using Unmask.Core.Parameters;
using Unmask.Core.Runs;
using Unmask.Core.Runs.Checkpoints;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Runs;

public class RunFolderTests
{
    private static TrainParameters In(TemporaryFolder folder) =>
        new() { Dataset = folder["d.jsonl"], ModelSize = "tiny", OutputDir = folder["runs"], AdaptorName = "spelling", BatchSize = 7 };

    private sealed class Clock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }

    [Fact]
    public void A_new_run_is_named_by_time_and_holds_its_settings()
    {
        using var folder = new TemporaryFolder();
        var clock = new Clock(new(2026, 1, 31, 12, 0, 5, TimeSpan.Zero));
        TrainParameters parameters = In(folder);
        using RunFolder first = RunFolder.Create(parameters, clock: clock);
        using RunFolder second = RunFolder.Create(parameters, clock: clock);
        Assert.Equal(folder["runs/20260131-120005-spelling"], first.Path);
        Assert.Equal(folder["runs/20260131-120005-spelling-2"], second.Path);
        Assert.Equal(parameters, first.ReadConfig());
        Assert.False(Directory.Exists(first.OutputsPath));
    }

    [Fact]
    public void A_given_folder_must_be_absent_or_empty()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["empty"]);
        RunFolder.Create(In(folder), folder["empty"]).Dispose();
        RunFolder.Create(In(folder), folder["deep/absent"]).Dispose();
        Assert.Contains("--resume", Assert.Throws<UserError>(() => RunFolder.Create(In(folder), folder["empty"])).Message, StringComparison.Ordinal);
        folder.Write("full/x.txt", "x");
        Assert.Contains("is not empty", Assert.Throws<UserError>(() => RunFolder.Create(In(folder), folder["full"])).Message, StringComparison.Ordinal);
        Assert.Contains("is a file", Assert.Throws<UserError>(() => RunFolder.Create(In(folder), folder["full/x.txt"])).Message, StringComparison.Ordinal);
        Assert.Equal(["x.txt"], Directory.GetFileSystemEntries(folder["full"]).Select(Path.GetFileName));
    }

    [Fact]
    public void A_discarded_run_leaves_the_world_as_it_was()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["mine"]);
        foreach (var name in new[] { "mine", "new" })
        {
            RunFolder run = RunFolder.Create(In(folder), folder[name]);
            run.StartEvents().Dispose();
            run.Discard();
        }

        Assert.Empty(Directory.GetFileSystemEntries(folder["mine"]));
        Assert.False(Directory.Exists(folder["new"]));
    }

    [Theory]
    [InlineData("run.lock")]
    [InlineData("run.lock", "checkpoints/")]
    [InlineData("run.lock", "checkpoints/", "tensorboard/", ".tmp-config.yaml")]
    public void A_folder_whose_making_was_cut_short_is_as_good_as_empty(params string[] left)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["run"]);
        foreach (string name in left)
        {
            if (name.EndsWith('/')) Directory.CreateDirectory(folder["run/" + name]);
            else folder.Write("run/" + name, "4711\n");
        }

        using RunFolder run = RunFolder.Create(In(folder), folder["run"]);
        Assert.Equal(In(folder), run.ReadConfig());
        Assert.Equal(["checkpoints", "config.yaml", "process.json", "run.lock", "tensorboard"], Directory.GetFileSystemEntries(run.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("run.lock", "notes.txt")]
    [InlineData("run.lock", "checkpoints/step-000001/weights.bin")]
    [InlineData("checkpoints/mine.txt")]
    public void A_folder_with_anything_else_is_not(params string[] left)
    {
        using var folder = new TemporaryFolder();
        foreach (string name in left) folder.Write("run/" + name, "mine");
        Assert.Contains("is not empty", Assert.Throws<UserError>(() => RunFolder.Create(In(folder), folder["run"])).Message, StringComparison.Ordinal);
        Assert.All(left, name => Assert.Equal("mine", File.ReadAllText(folder["run/" + name])));
    }

    [Fact]
    public void Two_processes_never_write_one_run()
    {
        using var folder = new TemporaryFolder();
        RunFolder run = RunFolder.Create(In(folder), folder["run"]);
        Assert.Contains("another process", Assert.Throws<UserError>(() => RunFolder.Open(folder["run"])).Message, StringComparison.Ordinal);
        Assert.Equal(RunStatus.Preparing, RunGlance.Read(folder["run"]).Status);
        run.Dispose();
        RunFolder.Open(folder["run"]).Dispose();
        Assert.Equal(RunStatus.Interrupted, RunGlance.Read(folder["run"]).Status);
    }

    [Theory]
    [InlineData(RunOutcome.Done, RunStatus.Succeeded)]
    [InlineData(RunOutcome.Stopped, RunStatus.Stopped)]
    [InlineData(RunOutcome.Failed, RunStatus.Failed)]
    public void Only_a_final_event_ends_a_run(RunOutcome outcome, RunStatus status)
    {
        using var folder = new TemporaryFolder();
        using (RunFolder run = RunFolder.Create(In(folder), folder["run"]))
        {
            using EventLog events = run.StartEvents();
            events.Write(new RunFinished(outcome, 1));
        }

        Assert.Equal(status, RunGlance.Read(folder["run"]).Status);
        using (EventLog log = EventLog.Append(folder["run/events.jsonl"])) log.Write(new Notice(NoticeLevel.Info, "again"));
        Assert.Equal(RunStatus.Interrupted, RunGlance.Read(folder["run"]).Status);
    }

    [Fact]
    public void Other_folders_are_no_runs()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("does not exist", Assert.Throws<UserError>(() => RunFolder.Open(folder["no"])).Message, StringComparison.Ordinal);
        Assert.Contains("no config.yaml", Assert.Throws<UserError>(() => RunFolder.Open(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_goes_on_from_the_newest_whole_checkpoint()
    {
        using var folder = new TemporaryFolder();
        using (RunFolder run = RunFolder.Create(In(folder), folder["run"]))
        {
            using EventLog events = run.StartEvents();
            for (int step = 1; step <= 5; step++)
            {
                events.Write(new StepLogged(step, 0, 1));
                if (step % 2 == 0) Save(run, events, step);
            }
        }

        File.AppendAllText(folder["run/checkpoints/step-000004/weights.bin"], "x");
        using (RunFolder run = RunFolder.Open(folder["run"]))
        {
            (CheckpointFolder? checkpoint, EventLog events, IReadOnlyList<CheckpointRejected> rejected) = run.Resume();
            using (events)
            {
                Assert.Equal(2, checkpoint?.Step);
                Assert.Contains("weights.bin has 4 bytes instead of 3; step-000002 is used instead", Assert.Single(rejected).Message, StringComparison.Ordinal);
                Assert.Equal(["step_logged", "step_logged", "checkpoint_saved", "run_resumed", "checkpoint_rejected"], EventLog.Read(run.EventsPath).Select(one => one.Event));
                Assert.Equal([2L], run.Checkpoints.All.Select(one => one.Step));
                Save(run, events, 3);
                run.Checkpoints.Prune(1, keepBest: false);
                Assert.Equal(["step-000003"], Directory.GetFileSystemEntries(run.Checkpoints.Path).Select(Path.GetFileName));
            }
        }
    }

    [Fact]
    public void A_run_without_checkpoints_starts_over()
    {
        using var folder = new TemporaryFolder();
        using RunFolder run = RunFolder.Create(In(folder), folder["run"]);
        using (EventLog events = run.StartEvents()) events.Write(new StepLogged(1, 0, 1));
        (CheckpointFolder? checkpoint, EventLog again, _) = run.Resume();
        again.Dispose();
        Assert.Null(checkpoint);
        Assert.Equal(1, Assert.IsType<RunResumed>(Assert.Single(EventLog.Read(run.EventsPath))).InterruptedStep);
    }

    [Fact]
    public void Changed_settings_stop_a_resume_and_lose_nothing()
    {
        using var folder = new TemporaryFolder();
        using RunFolder run = RunFolder.Create(In(folder), folder["run"]);
        using (EventLog events = run.StartEvents()) Save(run, events, 1);
        File.WriteAllText(run.ConfigPath, File.ReadAllText(run.ConfigPath).Replace("batch_size: 7", "batch_size: 8", StringComparison.Ordinal));
        Assert.Contains("was changed after checkpoints/step-000001", Assert.Throws<UserError>(() => run.Resume()).Message, StringComparison.Ordinal);
        Assert.Single(run.Checkpoints.All);
    }

    [Fact]
    public async Task Nobody_sets_the_log_back_behind_the_end_that_it_tells()
    {
        using var folder = new TemporaryFolder();
        using (RunFolder first = RunFolder.Create(In(folder), folder["run"]))
        using (EventLog log = first.StartEvents()) log.Write(new PhaseChanged(Phases.ReadingData));
        RunFolder run = RunFolder.Open(folder["run"]);
        Assert.True(await Task.Run(() => run.WriteLastEvent(new RunFinished(RunOutcome.Stopped, 0)), TestContext.Current.CancellationToken));

        // Another thread of the process, which ends before it is let go on.
        new Thread(() => run.Resume()) { IsBackground = true }.Start();
        await Task.Delay(300, TestContext.Current.CancellationToken);

        Assert.IsType<RunFinished>(EventLog.Read(run.EventsPath)[^1]);
    }

    private static void Save(RunFolder run, EventLog events, long step)
    {
        events.Sync();
        using CheckpointDraft draft = run.Checkpoints.Begin(step, CheckpointKind.Regular, run.ConfigSha256, events.Position);
        using (Stream file = draft.Create("weights.bin")) file.Write("abc"u8);
        CheckpointFolder saved = draft.Complete();
        events.Write(new CheckpointSaved(step, run.Relative(saved.Path), CheckpointKind.Regular));
    }
}
