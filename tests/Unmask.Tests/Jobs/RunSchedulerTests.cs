using Unmask.Core.Events;
using Unmask.Core.Jobs;
using Unmask.Core.Jobs.Registry;
using Unmask.Core.Jobs.Status;
using Unmask.Core.Parameters;
using Unmask.Core.Runs;
using Unmask.Core.Runs.Checkpoints;
using Unmask.Core.Workspaces;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Jobs;

/// <summary>The scheduler without processes: its queue is paused.</summary>
public sealed class RunSchedulerTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly TrainParameters settings;

    public RunSchedulerTests() => settings = new() { Dataset = folder.Write("rows.jsonl", "{}"), ModelSize = "tiny", AdaptorName = "words", TrainDevice = TrainDevice.Cpu };

    public void Dispose() => folder.Dispose();

    private RunScheduler Open(params string[] watched)
    {
        var scheduler = RunScheduler.Open(Workspace.Open(folder["home"], watched));
        scheduler.Queue.Pause();
        return scheduler;
    }

    [Fact]
    public async Task A_given_name_is_also_that_of_the_output_unless_it_has_its_own_and_of_runs_that_repeat_it()
    {
        await using var scheduler = Open();
        var named = scheduler.Creator.Enqueue(settings with { AdaptorName = new TrainParameters().AdaptorName }, name: "My words");
        Assert.EndsWith("-my-words", named);
        Assert.Equal("my-words", scheduler.SettingsOf(named).AdaptorName);
        Assert.Equal("My words", scheduler.Find(scheduler.Creator.Requeue(named))!.Name);
        Assert.EndsWith("-own", scheduler.Creator.Enqueue(settings with { AdaptorName = "own" }, name: "My words"));
    }

    [Fact]
    public async Task A_queued_run_is_a_folder_that_the_next_board_finds_as_it_was()
    {
        string id;
        await using (var scheduler = Open())
        {
            id = scheduler.Creator.Enqueue(settings, new RunOrigin(Template: "first"), "My words", key: "k1");
            Assert.Equal(id, scheduler.Creator.Enqueue(settings, key: "k1"));
            scheduler.Tag(id, ["a", "b"]);
            Assert.Equal(settings, scheduler.SettingsOf(id));
        }

        await using var next = Open();
        var run = Assert.Single(next.List());
        Assert.Equal((id, "My words", RunStatus.Queued, 1, "the queue is paused"), (run.Id, run.Name, run.Status, run.QueuePosition, run.WaitsFor));
        Assert.Equal(("first", "rows.jsonl", "bert"), (run.Origin!.Template, run.Settings!.Dataset, run.Settings.Method));
        Assert.Equal(["a", "b"], run.Tags);
        Assert.EndsWith("-words", id);
        Assert.Equal(id, next.Creator.Enqueue(settings, key: "k1"));
        Assert.Equal(Path.Combine(folder["home"], "runs", id), run.Path);
    }

    [Fact]
    public async Task The_queue_is_put_in_another_order_and_the_order_is_kept()
    {
        string[] ids;
        await using (var scheduler = Open())
        {
            ids = [.. Enumerable.Range(0, 4).Select(_ => scheduler.Creator.Enqueue(settings))];
            Assert.Equal(4, ids.Distinct().Count());
            scheduler.Queue.MoveBefore(ids[3], ids[0]);
            scheduler.Queue.MoveBefore(ids[1], null);
            scheduler.Queue.Cancel(ids[2]);
            Assert.Throws<UserError>(() => scheduler.Queue.MoveBefore(ids[2], ids[0]));
        }

        await using var next = Open();
        Assert.Equal([ids[3], ids[0], ids[1]], next.Queue.List().Select(run => run.Id));
        Assert.Equal(RunStatus.Cancelled, next.Find(ids[2])!.Status);
        Assert.Throws<UserError>(() => next.Queue.Resume(ids[2]));
    }

    [Fact]
    public async Task Wrong_settings_are_refused_with_every_problem_and_leave_nothing()
    {
        await using var scheduler = Open();
        var error = Assert.Throws<UserError>(() => scheduler.Creator.Enqueue(settings with { BatchSize = 0, LearningRate = 0 }));
        Assert.Equal(2, error.Problems.Count);
        Assert.Empty(Directory.EnumerateFileSystemEntries(scheduler.Workspace.RunsPath));
    }

    [Fact]
    public async Task Runs_of_the_terminal_appear_as_their_folders_tell()
    {
        Written("done", new RunFinished(RunOutcome.Done, 9, "outputs"));
        Written("failed", new RunFinished(RunOutcome.Failed, 3, Reason: FailureReason.OutOfMemory, Message: "There is not enough memory."));
        Written("cut off");
        await using var scheduler = Open(folder["terminal"]);
        var runs = scheduler.List().ToDictionary(run => Path.GetFileName(run.Path));
        Assert.Equal([RunStatus.Interrupted, RunStatus.Succeeded, RunStatus.Failed], ((string[])["cut off", "done", "failed"]).Select(name => runs[name].Status));
        Assert.Equal(new RunFault(FailureReason.OutOfMemory, "There is not enough memory."), runs["failed"].Fault);
        Assert.Equal(("done", (long?)3, (double?)0.5), (runs["done"].Id, runs["cut off"].Progress.Step, runs["done"].Progress.Loss));
        Assert.Matches("^cutoff-[0-9a-f]{8}$", runs["cut off"].Id);
        Assert.False(File.Exists(Path.Combine(runs["done"].Path, JobRecord.FileName)));

        scheduler.Queue.Resume("failed");
        Assert.Equal(RunStatus.Queued, scheduler.Find("failed")!.Status);
        scheduler.Queue.Cancel("failed");
        Assert.Equal(RunStatus.Stopped, scheduler.Find("failed")!.Status);
    }

    [Fact]
    public async Task A_run_that_trains_when_it_is_found_is_shown_as_running()
    {
        await using var scheduler = Open(folder["terminal"]);
        using var listener = scheduler.Subscribe();
        Directory.CreateDirectory(folder["elsewhere"]);
        using var run = RunFolder.Create(settings, Path.Combine(folder["elsewhere"], "trains"));
        using var log = run.StartEvents();
        log.Write(new PhaseChanged(Phases.Training, Done: 0, Total: 9));
        log.Write(new StepLogged(3, 0.1, 0.5) { TotalSteps = 9 });
        Directory.Move(folder["elsewhere"], folder["terminal"]);

        scheduler.Discover();
        await using var read = listener.ReadAll(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await read.MoveNextAsync());
        Assert.Equal((RunChangeKind.Added, RunStatus.Running), (read.Current[0].Kind, read.Current[0].Run!.Status));
    }

    [Fact]
    public async Task A_run_is_queued_again_with_changes_and_knows_its_parent()
    {
        await using var scheduler = Open();
        var id = scheduler.Creator.Enqueue(settings with { BatchSize = 8 });
        var again = scheduler.Creator.Requeue(id, ["batch_size=1", "gradient_accumulation_steps=8"]);
        Assert.Equal(settings with { BatchSize = 1, GradientAccumulationSteps = 8 }, scheduler.SettingsOf(again));
        Assert.Equal(new RunOrigin(Parent: id), scheduler.Find(again)!.Origin);
        Assert.Throws<UserError>(() => scheduler.Creator.Requeue(id, ["batch_size=none"]));
        Assert.Throws<UserError>(() => scheduler.Creator.Branch(id, 5, settings));
    }

    [Fact]
    public async Task A_branch_holds_the_weights_of_a_checkpoint_that_may_go()
    {
        await using var scheduler = Open();
        var id = scheduler.Creator.Enqueue(settings);
        var shelf = new CheckpointStore(Path.Combine(scheduler.Find(id)!.Path, "checkpoints"));
        using (var draft = shelf.Begin(250, CheckpointKind.Regular, "", 0))
        {
            foreach (var name in (string[])["config.json", "model.safetensors", "optimizer.safetensors", "training_state.json"])
            {
                using var file = draft.Create(name);
                file.Write("content"u8);
            }

            draft.Complete();
        }

        var branch = scheduler.Creator.Branch(id, 250, scheduler.Creator.BranchSettings(id, 250, ["learning_rate=0.001"]), "again");
        var run = scheduler.Find(branch)!;
        scheduler.Queue.Cancel(id);
        scheduler.Storage.Delete(id, RunParts.All);
        var model = scheduler.SettingsOf(branch).Model!;
        Assert.Equal(Path.Combine(run.Path, "start", "words-step-000250"), model);
        Assert.Equal(["config.json", "model.safetensors"], Directory.EnumerateFiles(model).Select(file => Path.GetFileName(file)!).Order());
        Assert.Equal("content", File.ReadAllText(Path.Combine(model, "model.safetensors")));
        Assert.Equal(("again", "words-step-000250", new RunOrigin(Parent: id, Step: 250)), (run.Name, run.Settings!.Model, run.Origin));
    }

    [Fact]
    public async Task A_board_whose_database_is_gone_makes_it_again_while_it_works()
    {
        Written("done", new RunFinished(RunOutcome.Done, 9, "outputs"));
        await using var scheduler = Open(folder["terminal"]);
        Assert.NotEmpty(scheduler.History("done")!.Keys);
        File.Delete(scheduler.Workspace.DatabasePath);
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Assert.Empty(scheduler.History("done")!.Keys);
        scheduler.Discover();
        Assert.NotEmpty(scheduler.History("done")!.Keys);
        scheduler.Turn();
        Assert.Contains("was missing and has been rebuilt", scheduler.Trouble);
    }

    [Fact]
    public async Task Deleting_frees_what_it_says_and_is_refused_to_a_run_that_waits()
    {
        await using var scheduler = Open();
        var id = scheduler.Creator.Enqueue(settings);
        var run = scheduler.Find(id)!;
        Directory.CreateDirectory(Path.Combine(run.Path, "checkpoints"));
        File.WriteAllBytes(Path.Combine(run.Path, "checkpoints", "x"), new byte[1000]);
        Assert.Throws<UserError>(() => scheduler.Storage.Delete(id, RunParts.Checkpoints));
        scheduler.Queue.Cancel(id);
        Assert.Equal(1000, scheduler.Storage.SizesOf(id).Checkpoints);
        Assert.Equal(1000, scheduler.Storage.Delete(id, RunParts.Checkpoints));
        Assert.True(scheduler.Storage.Delete(id, RunParts.All) > 1000);
        Assert.Null(scheduler.Find(id));
        Assert.Empty(Directory.EnumerateFileSystemEntries(scheduler.Workspace.RunsPath));
    }

    [Fact]
    public async Task A_checkpoint_is_kept_and_deleted_by_its_step_where_nobody_works()
    {
        await using var scheduler = Open();
        var id = scheduler.Creator.Enqueue(settings);
        var shelf = new CheckpointStore(Path.Combine(scheduler.Find(id)!.Path, "checkpoints"));
        foreach (var step in (long[])[10, 20])
        {
            using var draft = shelf.Begin(step, CheckpointKind.Regular, "hash", 0);
            using (var file = draft.Create("x")) file.Write(new byte[500]);
            draft.Complete();
        }

        scheduler.Storage.KeepCheckpoint(id, 10, keep: true);
        Assert.Equal([(10L, true), (20L, false)], scheduler.History(id)!.Checkpoints.Select(row => (row.Step, row.IsKept)));
        Assert.Throws<UserError>(() => scheduler.Storage.DeleteCheckpoint(id, 20));
        scheduler.Queue.Cancel(id);
        Assert.True(scheduler.Storage.DeleteCheckpoint(id, 20) > 500);
        Assert.Equal([10L], shelf.All.Select(checkpoint => checkpoint.Step));
        Assert.Contains("no checkpoint of step 20", Assert.Throws<UserError>(() => scheduler.Storage.DeleteCheckpoint(id, 20)).Message);
        scheduler.Storage.KeepCheckpoint(id, 10, keep: false);
        Assert.False(scheduler.History(id)!.Checkpoints[0].IsKept);
    }

    [Fact]
    public async Task A_slow_listener_is_told_that_it_missed_something()
    {
        await using var scheduler = Open();
        using var listener = scheduler.Subscribe();
        var id = scheduler.Creator.Enqueue(settings);
        await using var read = listener.ReadAll(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await read.MoveNextAsync());
        Assert.Equal((RunChangeKind.Added, id), (read.Current[0].Kind, read.Current[0].Run!.Id));
        for (var i = 0; i < 400; i++) scheduler.Queue.Pause();
        Assert.True(await read.MoveNextAsync());
        Assert.Equal(RunChangeKind.Missed, read.Current[0].Kind);
    }

    private void Written(string name, params RunEvent[] end)
    {
        using var run = RunFolder.Create(settings, Path.Combine(folder["terminal"], name));
        using var log = run.StartEvents();
        log.Write(new PhaseChanged(Phases.Training, Done: 0, Total: 9));
        log.Write(new StepLogged(3, 0.1, 0.5) { TotalSteps = 9 });
        foreach (var one in end) log.Write(one);
    }
}
