using Unmask.Core.Events;
using Unmask.Core.Jobs.Launching;
using Unmask.Core.Jobs.Status;
using Unmask.Core.Runs;
using Unmask.Core.Runs.Indexing;
using Xunit;

namespace Unmask.EndToEnd.Jobs;

/// <summary>Workers and boards that die at any moment: no run is lost, doubled or orphaned, and none tells what is not so.</summary>
public sealed class RunSchedulerKillTests : IAsyncDisposable
{
    private readonly SchedulerPlace place = new();

    public ValueTask DisposeAsync() => place.DisposeAsync();

    [Fact]
    public async Task A_worker_that_is_killed_in_every_phase_leaves_an_interrupted_run_that_goes_on_to_the_end()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("The kill signal is that of Unix.");
        var id = place.Scheduler.Creator.Enqueue(place.Settings("train_steps=60", "save_steps=5", "eval_strategy=steps", "eval_steps=10"));
        foreach (var phase in (string[])["", Phases.ReadingData, Phases.Tokenizing, Phases.LoadingModel, Phases.Training, Phases.Evaluating, Phases.SavingCheckpoint, Phases.SavingModel])
        {
            await place.UntilPhase(id, phase);
            place.Signal(id, "KILL");
            var killed = await place.Until(id, run => !run.IsLive, "the end");

            // The kill may come after it told that it was done: then it is no success, since its process did not say so too.
            Assert.True(killed is { Status: RunStatus.Interrupted, Fault.Reason: FailureReason.Killed } or { Status: RunStatus.Failed, Progress.Finished.Succeeded: true }, $"{phase}: {killed.Status} {killed.Fault}");
            Assert.Equal(128 + 9, place.JobOf(id).Attempts[^1].ExitCode);
            place.Scheduler.Queue.Resume(id);
        }

        var done = await place.Until(id, RunStatus.Succeeded);
        Assert.Equal((RunStatus.Succeeded, null, 60L), (done.Status, done.Fault, done.Progress.Step));
        Assert.Equal(Enumerable.Range(1, 60).Select(step => (long)step), place.Scheduler.History(id)!.Series([MetricNames.Loss])[0].Points.Select(point => point.Step));
        Assert.Equal([.. Enumerable.Repeat<int?>(128 + 9, 8), 0], place.JobOf(id).Attempts.Select(attempt => attempt.ExitCode));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_worker_that_is_killed_while_it_stops_leaves_an_interrupted_run_that_goes_on(bool boardDies)
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("The kill signal is that of Unix.");
        var id = place.EnqueueLong();
        await place.UntilStep(id, 60);
        // Halted, so that it cannot do yet what it is asked.
        place.Signal(id, "STOP");
        place.Scheduler.Launcher.Stop(id, StopMode.AfterStep);
        var job = place.JobOf(id);
        if (boardDies) await place.ReplaceScheduler();
        SchedulerPlace.Signal(job, "KILL");

        var killed = await place.Until(id, run => !run.IsLive, "the end");
        Assert.Equal((RunStatus.Interrupted, FailureReason.Killed, null), (killed.Status, killed.Fault!.Reason, killed.Stopping));
        place.Scheduler.Queue.Resume(id);
        // What the dead one was asked is not asked of the next.
        await place.UntilStep(id, killed.Progress.Step!.Value + 60);
    }

    [Fact]
    public async Task A_run_is_stopped_in_every_way_while_it_tokenizes()
    {
        // Long enough that it cannot be through before it is asked.
        File.WriteAllLines(place.In("many.jsonl"), Enumerable.Range(0, 400_000).Select(i => $$"""{"prompt": "{{i}} {{i * 7}} {{i * 13}}", "response": "{{i % 9973}} {{i % 101}}"}"""));
        var id = place.EnqueueLong($"dataset={place.In("many.jsonl")}");
        foreach (var mode in Enum.GetValues<StopMode>())
        {
            await place.UntilPhase(id, Phases.Tokenizing);
            place.Scheduler.Launcher.Stop(id, mode);
            var asked = DateTimeOffset.UtcNow;
            var stopped = await place.Until(id, run => !run.IsLive, "the end");
            Assert.Equal((RunStatus.Stopped, null), (stopped.Status, stopped.Fault));
            Assert.True(DateTimeOffset.UtcNow - asked < TimeSpan.FromSeconds(8));
            Assert.Empty(place.Scheduler.History(id)!.Checkpoints);
            Assert.Equal(mode == StopMode.Kill ? null : RunOutcome.Stopped, stopped.Progress.Finished?.Outcome);
            place.Scheduler.Queue.Resume(id);
        }
    }

    [Fact]
    public async Task A_worker_outlives_its_board_and_the_next_board_takes_hold_of_it()
    {
        var id = place.EnqueueLong();
        var waiting = place.Scheduler.Creator.Enqueue(place.Settings());
        await place.UntilStep(id, 10);
        await place.ReplaceScheduler();
        var step = place.Scheduler.Find(id)!.Progress.Step!.Value;
        await place.UntilStep(id, step + 20);
        Assert.Single(place.JobOf(id).Attempts);
        Assert.Equal(RunStatus.Queued, place.Scheduler.Find(waiting)!.Status);
        place.Scheduler.Launcher.Stop(id, StopMode.AfterStep);
        Assert.Equal(RunStatus.Stopped, (await place.Until(id, RunStatus.Stopped)).Status);
        Assert.Equal(RunStatus.Succeeded, (await place.Until(waiting, RunStatus.Succeeded)).Status);
    }

    [Fact]
    public async Task What_happened_while_there_was_no_board_is_told_as_it_was()
    {
        var (done, killed) = (place.Scheduler.Creator.Enqueue(place.Settings("train_steps=60", "save_steps=30", "eval_strategy=no")), "");
        await place.UntilStep(done, 2);
        await place.ReplaceScheduler(async () => await SchedulerPlace.FreeLock(Path.Combine(place.Workspace.RunsPath, done)));
        Assert.Equal((RunStatus.Succeeded, null), (place.Scheduler.Find(done)!.Status, place.Scheduler.Find(done)!.Fault));

        killed = place.EnqueueLong();
        await place.UntilStep(killed, 60);
        await place.ReplaceScheduler(async () =>
        {
            SchedulerPlace.Signal(JobRecord.Read(Path.Combine(place.Workspace.RunsPath, killed))!, "KILL");
            await SchedulerPlace.FreeLock(Path.Combine(place.Workspace.RunsPath, killed));
        });
        var run = await place.Until(killed, run => !run.IsLive, "the end");
        Assert.Equal((RunStatus.Interrupted, FailureReason.Killed), (run.Status, run.Fault!.Reason));
        Assert.Contains("resume the run from step", run.Fault.Message);
    }

    [Fact]
    public async Task A_board_that_died_right_after_it_started_a_worker_gets_no_second_one()
    {
        place.Scheduler.Queue.Pause();
        var id = place.Scheduler.Creator.Enqueue(place.Settings("train_steps=100000", "eval_strategy=no"));
        var folder = place.Scheduler.Find(id)!.Path;
        await place.ReplaceScheduler(async () =>
        {
            // The worker is there, the record of it is not.
            using var worker = Executable.Start(["worker", folder]);
            _ = (worker.StandardOutput.ReadToEndAsync(), worker.StandardError.ReadToEndAsync());
            await Task.Delay(50);
        });
        place.Scheduler.Queue.Unpause();
        await place.UntilStep(id, 5);
        using var lateWorker = Executable.Start(["worker", folder]);
        var (_, said) = (lateWorker.StandardOutput.ReadToEndAsync(), lateWorker.StandardError.ReadToEndAsync());
        await lateWorker.WaitForExitAsync();
        Assert.Equal(WorkerExitCode.HeldByAnother, lateWorker.ExitCode);
        Assert.Contains("is being written by another process (number", await said);
        Assert.Equal(RunStatus.Running, place.Scheduler.Find(id)!.Status);
        Assert.Single(EventLog.Read(Path.Combine(folder, "events.jsonl")).OfType<RunStarted>());
    }

    [Fact]
    public async Task A_worker_that_finds_its_run_held_leaves_it_to_the_holder()
    {
        place.Scheduler.Queue.Pause();
        var id = place.Scheduler.Creator.Enqueue(place.Settings());
        var folder = place.Scheduler.Find(id)!.Path;
        place.Scheduler.Queue.Unpause();
        await place.Until(id, run => run.IsLive, "a worker");
        using (RunFolder.Open(folder))
        {
            // The worker was started already and does not hold the run yet: it takes longer than this to come up.
            await place.Until(id, _ => place.JobOf(id).Attempts.Count == 2, "the holder");
            Assert.Equal(WorkerExitCode.HeldByAnother, place.JobOf(id).Attempts[0].ExitCode);
            Assert.Equal((RunStatus.Preparing, Environment.ProcessId), (place.Scheduler.Find(id)!.Status, place.JobOf(id).Attempts[1].ProcessId));
        }

        Assert.Equal(RunStatus.Interrupted, (await place.Until(id, run => !run.IsLive, "the end")).Status);
        place.Scheduler.Queue.Resume(id);
        Assert.Equal(RunStatus.Succeeded, (await place.Until(id, RunStatus.Succeeded)).Status);
    }

    [Fact]
    public async Task A_crash_of_the_engine_is_a_failure_and_its_last_words_are_kept()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("Signals are those of Unix.");
        var id = place.EnqueueLong();
        await place.UntilStep(id, 3);
        // The runtime lets the first pass, as abort() raises it again; two that come close after each other are one.
        for (var job = place.JobOf(id); place.Scheduler.Find(id)!.IsLive; await Task.Delay(100)) SchedulerPlace.Signal(job, "ABRT");
        var failed = await place.Until(id, run => !run.IsLive, "the end");
        Assert.Equal((RunStatus.Failed, FailureReason.Internal), (failed.Status, failed.Fault!.Reason));
        Assert.Contains("signal 6", failed.Fault.Message);
        place.Scheduler.Queue.Resume(id);
        await place.Until(id, run => run.Status == RunStatus.Running, "going on");
    }

    [Fact]
    public async Task A_worker_lives_in_a_session_of_its_own()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("Sessions are read from /proc.");
        var id = place.EnqueueLong();
        await place.UntilStep(id, 1);
        var process = place.JobOf(id).Attempts[^1].ProcessId;
        Assert.Equal(process.ToString(), File.ReadAllText($"/proc/{process}/stat").Split(") ")[1].Split(' ')[3]);
    }
}
