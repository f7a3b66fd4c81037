using Unmask.Core.Events;
using Unmask.Core.Jobs.Feeds;
using Unmask.Core.Jobs.Status;
using Unmask.Core.Runs.Indexing;
using Unmask.Core.Runs.Logs;
using Xunit;

namespace Unmask.EndToEnd.Jobs;

/// <summary>The scheduler with real workers.</summary>
public sealed class RunSchedulerTests : IAsyncDisposable
{
    private readonly SchedulerPlace place = new();

    public ValueTask DisposeAsync() => place.DisposeAsync();

    [Fact]
    public async Task Queued_runs_are_trained_one_after_the_other_and_can_be_followed()
    {
        place.Scheduler.Queue.Pause();
        var second = place.Scheduler.Creator.Enqueue(place.Settings("train_steps=4"));
        var first = place.Scheduler.Creator.Enqueue(place.Settings("train_steps=4", "sample_count=1"));
        place.Scheduler.Queue.MoveBefore(first, second);
        place.Scheduler.Queue.Unpause();
        var bothLived = false;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        List<RunEvent> followed = [];
        long lines = 0;
        await foreach (var batch in place.Scheduler.Feed.Follow(first, default(FeedPosition), stop.Token))
        {
            Assert.False(batch.Reset);
            followed.AddRange(batch.Events);
            lines = batch.Position.Lines;
            bothLived |= place.Scheduler.List().Count(run => run.IsLive) > 1;
            if (batch.Run?.Status == RunStatus.Succeeded) break;
        }

        var done = await place.Until(second, run => run.Status == RunStatus.Succeeded, "the end");
        var log = place.Scheduler.History(first)!;
        Assert.False(bothLived);
        Assert.True(done.Started > place.Scheduler.Find(first)!.Progress.LastEvent);
        Assert.Equal([0], place.JobOf(first).Attempts.Select(attempt => attempt.ExitCode));
        Assert.Equal(followed.Select(one => one.Time), EventLog.Read(Path.Combine(log.Path, "events.jsonl")).Select(one => one.Time));
        Assert.Equal(lines, log.Log.Count);
        Assert.Equal([1, 2, 3, 4], Assert.Single(log.Series([MetricNames.Loss])).Points.Select(point => point.Step));
        Assert.NotEmpty(log.SamplesAt(log.SampleSteps[0])!.Samples);
        Assert.Equal(done.Progress.BestEvalLoss, place.Scheduler.History(second)!.Checkpoints.Single(checkpoint => checkpoint.IsBest).EvalLoss);
        Assert.True(File.Exists(Path.Combine(done.Model!, "model.safetensors")));
    }

    [Fact]
    public async Task A_run_is_paused_branched_from_and_resumed()
    {
        var id = place.EnqueueLong();
        await place.UntilStep(id, 60);
        place.Scheduler.Launcher.Pause(id);
        Assert.Equal(RunStatus.Paused, (await place.Until(id, RunStatus.Paused)).Status);
        var steps = place.Scheduler.Find(id)!.Progress.Step;
        var checkpoint = place.Scheduler.History(id)!.Checkpoints[^1];
        Assert.Equal((steps, CheckpointKind.Stop), ((long?)checkpoint.Step, checkpoint.Kind!.Value));

        var branch = place.Scheduler.Creator.Branch(id, checkpoint.Step, place.Scheduler.Creator.BranchSettings(id, checkpoint.Step, ["train_steps=2"]));
        Directory.Delete(checkpoint.Path, recursive: true);
        var branched = await place.Until(branch, RunStatus.Succeeded);
        Assert.Equal(RunStatus.Succeeded, branched.Status);
        Assert.Equal(new RunOrigin(Parent: id, Step: checkpoint.Step), branched.Origin);

        place.Scheduler.Queue.Resume(id);
        await place.Until(id, run => run.Status == RunStatus.Running && run.Progress.Resumes == 1, "going on");
        place.Scheduler.Launcher.Stop(id, StopMode.Now);
        var stopped = await place.Until(id, RunStatus.Stopped);
        Assert.Equal(RunStatus.Stopped, stopped.Status);
        Assert.Equal(RunOutcome.Stopped, stopped.Progress.Finished!.Outcome);
        Assert.Equal([0, 0], place.JobOf(id).Attempts.Select(attempt => attempt.ExitCode));
    }

    [Fact]
    public async Task A_run_that_cannot_start_fails_with_a_sentence()
    {
        place.Scheduler.Queue.Pause();
        var id = place.Scheduler.Creator.Enqueue(place.Settings());
        File.Delete(place.In("rows.jsonl"));
        place.Scheduler.Queue.Unpause();
        var failed = await place.Until(id, RunStatus.Failed);
        Assert.Equal((RunStatus.Failed, FailureReason.DataInvalid), (failed.Status, failed.Fault!.Reason));
        Assert.Contains("rows.jsonl' does not exist", failed.Fault.Message);
        Assert.Equal(LogLineLevel.Error, place.Scheduler.History(id)!.Log.Page().Lines[^1].Level);
        Assert.Equal(failed.Fault.Message, place.Scheduler.History(id)!.Log.Page().Lines[^1].Text);
    }

    [Fact]
    public async Task A_run_of_the_terminal_is_seen_while_it_lives_and_can_be_stopped_from_here()
    {
        using var train = Executable.Start(["train", place.In("recipe.yaml"), "--set", "train_steps=100000", "--set", "eval_strategy=no", "--run-dir", Path.Combine(place.Workspace.RunsPath, "mine")], place.In(""));
        _ = place.Settings();
        var (output, error) = (train.StandardOutput.ReadToEndAsync(), train.StandardError.ReadToEndAsync());
        while (place.Scheduler.Find("mine") is null && !train.HasExited) await Task.Delay(20);
        Assert.False(train.HasExited, train.HasExited ? await error : "");
        await place.UntilStep("mine", 3);
        Assert.Equal(RunStatus.Running, place.Scheduler.Find("mine")!.Status);
        place.Scheduler.Launcher.Stop("mine", StopMode.AfterStep);
        var stopped = await place.Until("mine", RunStatus.Stopped);
        await train.WaitForExitAsync();
        Assert.Equal((RunStatus.Stopped, 0), (stopped.Status, train.ExitCode));
        Assert.Equal(stopped.Progress.Step, place.Scheduler.History("mine")!.Checkpoints[^1].Step);
    }
}
