using System.Diagnostics;
using Unmask.Core;
using Unmask.Core.Events;
using Unmask.Core.Jobs;
using Unmask.Core.Jobs.Status;
using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Recipes;
using Unmask.Core.Runs;
using Unmask.Core.Workspaces;
using Xunit;

namespace Unmask.EndToEnd.Jobs;

/// <summary>A home folder with a scheduler at work in this process; its workers are the real program.</summary>
internal sealed class SchedulerPlace : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Workplace place = new();

    public SchedulerPlace()
    {
        Workspace = Workspace.Open(place.In("home"));
        Scheduler = NewScheduler();
    }

    public Workspace Workspace { get; }

    public RunScheduler Scheduler { get; private set; }

    /// <summary>Settings of a tiny run.</summary>
    public TrainParameters Settings(params string[] changes) => Recipe.Load(place.Recipe(), changes, place.Folder).Checked();

    /// <summary>Queues a run that trains until it is stopped.</summary>
    public string EnqueueLong(params string[] changes) => Scheduler.Creator.Enqueue(Settings(["train_steps=100000", "save_steps=50", "eval_strategy=no", .. changes]));

    public string In(string name) => place.In(name);

    /// <summary>The scheduler goes away without a word to its workers, and another comes.</summary>
    public async Task ReplaceScheduler(Func<Task>? between = null)
    {
        await Scheduler.DisposeAsync();
        if (between is not null) await between();
        Scheduler = NewScheduler();
    }

    public async Task<RunOverview> Until(string id, Func<RunOverview, bool> reached, string what)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var run = Scheduler.Find(id)!;
            if (reached(run)) return run;
            if (clock.Elapsed > Patience) Assert.Fail($"{what} was not reached; the run is {run.Status} in {run.Progress.Phase}, step {run.Progress.Step}, {run.Fault?.Message} {Scheduler.Trouble}\n{string.Join('\n', LogOf(id).Split('\n').TakeLast(20))}");
            await Task.Delay(5);
        }
    }

    public Task<RunOverview> Until(string id, RunStatus status) => Until(id, run => run.Status == status || (!run.IsLive && run.Status != RunStatus.Queued), status.ToString());

    public Task<RunOverview> UntilStep(string id, long step) => Until(id, run => run.Progress.Step >= step, $"step {step}");

    public string LogOf(string id)
    {
        var log = Path.Combine(Scheduler.Find(id)!.Path, "log.txt");
        return File.Exists(log) ? File.ReadAllText(log) : "(no log)";
    }

    public JobRecord JobOf(string id) => JobRecord.Read(Scheduler.Find(id)!.Path)!;

    /// <summary>Waits until the run tells that a phase began; with none, until its process is there.</summary>
    public async Task UntilPhase(string id, string phase)
    {
        await Until(id, _ => JobOf(id).Attempts is [.., { Ended: null }], "a process");
        var began = JobOf(id).Attempts[^1].ProcessStarted;
        var tail = new EventTail(Path.Combine(Scheduler.Find(id)!.Path, "events.jsonl"));
        var clock = Stopwatch.StartNew();
        for (var seen = phase.Length == 0; !seen && Scheduler.Find(id)!.Fault is null; await Task.Delay(1))
        {
            seen = tail.Read().Events.Any(one => one.Event is PhaseChanged changed && changed.Phase == phase && changed.Time > began);
            if (clock.Elapsed > Patience) Assert.Fail($"the phase {phase} did not begin after {began:O}; the log is\n{LogOf(id)}");
        }
    }

    /// <summary>Waits until nobody writes the run.</summary>
    public static async Task FreeLock(string run)
    {
        var clock = Stopwatch.StartNew();
        while (RunFolder.IsHeld(run))
        {
            Assert.True(clock.Elapsed < Patience, $"{run} is still held");
            await Task.Delay(20);
        }
    }

    /// <summary>Sends a signal to the process that works on the run.</summary>
    public void Signal(string id, string signal) => Signal(JobOf(id), signal);

    public static void Signal(JobRecord job, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", job.Attempts[^1].ProcessId.ToString()]);
        kill.WaitForExit();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var run in Scheduler.List().Where(run => run.IsLive))
        {
            Scheduler.Launcher.Stop(run.Id, StopMode.Kill);
            await Until(run.Id, over => !over.IsLive, "the end");
        }

        await Scheduler.DisposeAsync();
        place.Dispose();
    }

    private RunScheduler NewScheduler()
    {
        var scheduler = RunScheduler.Open(Workspace, new SchedulerOptions { Program = new UnmaskProgram(Executable.Path, []) });
        scheduler.Start();
        return scheduler;
    }
}
