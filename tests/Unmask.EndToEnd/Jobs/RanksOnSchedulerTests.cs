using System.Globalization;
using Unmask.Core.Events;
using Unmask.Core.Jobs.Status;
using Unmask.Core.Runs.Indexing;
using Xunit;

namespace Unmask.EndToEnd.Jobs;

/// <summary>A run of two processes in the workbench's queue: stopped, killed and resumed, it tells what is so and leaves no process behind.</summary>
public sealed class RanksOnSchedulerTests : IAsyncDisposable
{
    private readonly SchedulerPlace place = new();

    public RanksOnSchedulerTests()
    {
        if (!(Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "mpirun")))) Assert.Skip("There is no MPI here; install Open MPI (Debian: openmpi-bin).");
    }

    public ValueTask DisposeAsync() => place.DisposeAsync();

    [Fact]
    public async Task A_run_of_two_processes_is_paused_stopped_and_resumed_and_measures_both()
    {
        var id = Enqueue();
        var running = await place.Until(id, run => run.Progress.Ranks is not null, "a report of its processes");
        Assert.Equal([0, 1], running.Progress.Ranks!.Select(rank => rank.Rank));
        Assert.All(running.Progress.Ranks!, rank => Assert.True(rank is { TokensPerSecond: > 0, WaitingShare: >= 0 and <= 1, MemoryBytes: > 0 }));

        place.Scheduler.Launcher.Pause(id);
        var paused = await Ended(id);
        Assert.Equal((RunStatus.Paused, null), (paused.Status, paused.Fault));
        Assert.Equal(paused.Progress.Step, paused.Progress.CheckpointStep);

        await GoOn(id);
        place.Scheduler.Launcher.Stop(id, StopMode.Now);
        var stopped = await Ended(id);
        Assert.Equal((RunStatus.Stopped, null), (stopped.Status, stopped.Fault));
        Assert.DoesNotContain("disappeared without a report", place.LogOf(id));
        Assert.DoesNotContain('\e', place.LogOf(id));

        await GoOn(id);
        place.Scheduler.Launcher.Stop(id, StopMode.Kill);
        var killed = await Ended(id);
        Assert.Equal((RunStatus.Stopped, null), (killed.Status, killed.Fault));
        Assert.NotEmpty(place.Scheduler.History(id)!.Series([MetricNames.WaitingShare])[0].Points);
    }

    [Fact]
    public async Task A_process_of_the_run_that_is_killed_is_named_and_a_launcher_that_is_killed_takes_all_with_it()
    {
        var id = Enqueue();
        await place.UntilStep(id, 60);
        foreach (var rank in new[] { 1, 0 })
        {
            Kill(Ranks(id)[rank]);
            var failed = await Ended(id);
            Assert.Equal((RunStatus.Failed, FailureReason.Killed, true), (failed.Status, failed.Fault!.Reason, failed.CanGoOn));
            Assert.StartsWith($"Rank {rank} ", failed.Fault.Message);
            await GoOn(id);
        }

        place.Signal(id, "KILL");
        var interrupted = await Ended(id);
        Assert.Equal((RunStatus.Interrupted, FailureReason.Killed, true), (interrupted.Status, interrupted.Fault!.Reason, interrupted.CanGoOn));
        Assert.Equal(128 + 9, place.JobOf(id).Attempts[^1].ExitCode);
        await GoOn(id);
    }

    [Fact]
    public async Task A_board_that_finds_two_processes_at_work_kills_them_on_request_and_calls_that_stopped()
    {
        var id = Enqueue();
        await place.UntilStep(id, 60);
        await place.ReplaceScheduler();
        Assert.Single(place.JobOf(id).Attempts);
        place.Scheduler.Launcher.Stop(id, StopMode.Kill);
        var killed = await Ended(id);
        Assert.Equal((RunStatus.Stopped, null), (killed.Status, killed.Fault));
    }

    private string Enqueue() => place.EnqueueLong("num_processes=2", "logging_steps=5", "threads=1", "batch_size=4");

    /// <summary>The run has ended, and soon nobody works on it any more.</summary>
    private async Task<RunOverview> Ended(string id)
    {
        var run = await place.Until(id, over => !over.IsLive, "the end");
        await place.Until(id, _ => Ranks(id).Count == 0, "the end of its processes");
        return run;
    }

    private async Task GoOn(string id)
    {
        // Its progress forgets the processes of the last attempt when this one has begun.
        var resumes = place.Scheduler.Find(id)!.Progress.Resumes;
        place.Scheduler.Queue.Resume(id);
        await place.Until(id, run => run.Progress.Resumes > resumes && run.Progress.Ranks is not null, "a report of its processes");
    }

    private static void Kill(int process)
    {
        using var kill = System.Diagnostics.Process.Start("kill", ["-KILL", process.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private Dictionary<int, int> Ranks(string id) => RankProcesses.Of(place.Scheduler.Find(id)!.Path);
}
