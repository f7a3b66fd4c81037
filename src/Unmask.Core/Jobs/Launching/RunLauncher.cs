using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Unmask.Core.Events;
using Unmask.Core.Jobs.Feeds;
using Unmask.Core.Jobs.Registry;
using Unmask.Core.Jobs.Status;
using Unmask.Core.Runs;
using Unmask.Core.Runs.Logs;
using Unmask.Core.Runs.Processes;

namespace Unmask.Core.Jobs.Launching;

/// <summary>
/// The processes that work on runs: starts them, finds those that others started, stops them, and judges how they ended. Those it starts outlive it: the next
/// one adopts them. <see cref="Stop"/> and <see cref="Pause"/> may be called from any thread; the rest is for the scheduler's own.
/// </summary>
public sealed class RunLauncher : IDisposable
{
    /// <summary>A process that is there but does not hold its run yet is given this long; after it, it is not ours.</summary>
    private static readonly TimeSpan StartGrace = TimeSpan.FromSeconds(60);

    private readonly RunRegistry registry;
    private readonly RunFeed feed;
    private readonly AdoptedRuns adopted;
    private readonly UnmaskProgram program;
    private readonly TimeProvider clock;
    private readonly Action wake;
    private readonly ConcurrentDictionary<string, WorkerProcess> workers = new(StringComparer.Ordinal);
    private volatile ScheduledRun? starting;

    /// <param name="registry">The runs.</param>
    /// <param name="feed">What they report.</param>
    /// <param name="adopted">Those of other folders that a person queued here.</param>
    /// <param name="program">The program whose <c>worker</c> command trains a run.</param>
    /// <param name="clock">The time.</param>
    /// <param name="wake">Called when a run may end soon.</param>
    internal RunLauncher(RunRegistry registry, RunFeed feed, AdoptedRuns adopted, UnmaskProgram program, TimeProvider clock, Action wake) =>
        (this.registry, this.feed, this.adopted, this.program, this.clock, this.wake) = (registry, feed, adopted, program, clock, wake);

    /// <summary>Ends a live run. A gentler request than an earlier one changes nothing.</summary>
    /// <exception cref="UserError">It does not live, or cannot be killed from here.</exception>
    public void Stop(string id, StopMode mode) => Request(id, new StopRequest(mode, clock.GetUtcNow()));

    /// <summary>Lets a live run save and end, to be resumed later.</summary>
    /// <exception cref="UserError">It does not live.</exception>
    public void Pause(string id) => Request(id, new StopRequest(StopMode.AfterStep, clock.GetUtcNow(), Pause: true));

    /// <summary>Lets go of the processes, which go on.</summary>
    public void Dispose()
    {
        foreach (WorkerProcess worker in workers.Values) worker.Dispose();
    }

    /// <summary>Starts a worker on a waiting run, unless another process works on it already.</summary>
    /// <param name="run">The run.</param>
    /// <param name="threads">CPU threads that it may use where its settings name none; null leaves it to the worker.</param>
    internal void Launch(ScheduledRun run, int? threads)
    {
        // Another process may have worked on it while it waited.
        RunProgress progress = feed.CatchUp(run);
        if (progress != run.State.Progress) registry.Update(run, state => state with { Progress = progress }, kind: null);
        if (run.State.IsOurs && !adopted.Trusts(run.Path))
        {
            // Its settings changed after a person queued it: it waits for a person again.
            adopted.Remove(run.Path);
            registry.Update(run, state => state.Disowned());
            registry.Changes.Publish(new(RunChangeKind.Queue));
            return;
        }

        if (RunFolder.IsHeld(run.Path)) TakeUp(run);
        else NoticeMissed(run);
        if (!run.State.IsQueued) return;
        StopFile.Clear(run.Path);
        starting = run;
        try
        {
            if (registry.Update(run, state => state.After(RunSignal.Launched, job => job with { Intent = null, Fault = null }) is { } launched ? launched with { LaunchFault = null } : null) is null) return;
            Start(run, threads);
        }
        finally
        {
            starting = null;
        }

        if (run.State is { IsLive: true, Job.Intent.Mode: StopMode.Kill } && workers.TryGetValue(run.Id, out WorkerProcess? unwanted)) unwanted.Kill();
        registry.Changes.Publish(new(RunChangeKind.Queue));
    }

    /// <summary>Inspects a live run: first whether its process is there, then what it reported, then what became of it.</summary>
    internal void Watch(ScheduledRun run)
    {
        (bool alive, int? exitCode) = LifeOf(run);
        RunProgress progress = FollowedOr(run);
        if (progress != run.State.Progress) registry.Update(run, state => state.IsLive ? state with { Progress = progress } : null, RunChangeKind.Progressed);
        if (!run.State.IsLive) return;
        if (alive) GoAlong(run);
        else Conclude(run, exitCode);
    }

    /// <summary>A process holds the run that was not started here.</summary>
    internal void TakeUp(ScheduledRun run)
    {
        ProcessIdentity holder = RunFolder.HolderOf(run.Path) ?? new(0, clock.GetUtcNow());
        bool isKnown = false;
        if (run.State.Job.Attempts is [.., { Ended: null } last])
        {
            // A worker that started several processes for the run: the first of them holds it.
            ProcessIdentity worker = last.Process;
            using System.Diagnostics.Process? launcher = last.ProcessId == holder.ProcessId ? null : worker.Find();
            isKnown = last.ProcessId == holder.ProcessId || launcher is not null;
            if (launcher is not null) holder = worker;
        }

        JobRecord WithHolder(JobRecord job) => isKnown ? job : job with { Attempts = [.. Ended(job.Attempts, clock.GetUtcNow(), null), new(holder)] };
        if (registry.Update(run, state => state.IsLive ? state with { Job = WithHolder(state.Job) } : state.After(RunSignal.TakenUp, job => WithHolder(job) with { Intent = null, Fault = null })) is null) return;
        Attach(run, holder).WasHeld = true;
        program.Logger.LogInformation("Worker process {ProcessId} of run {Run}, which was not started here, was found at work.", holder.ProcessId, run.Id);
        GoAlong(run);
    }

    /// <summary>Attaches to the process that worked on a run when it was seen last, whether it is still there or not.</summary>
    internal WorkerProcess Attach(ScheduledRun run, ProcessIdentity process)
    {
        WorkerProcess worker = WorkerProcess.Attach(process);
        Replace(run, worker);
        return worker;
    }

    /// <summary>A run of ours was resumed and ended while no scheduler was there to see it.</summary>
    internal void NoticeMissed(ScheduledRun run)
    {
        if (run.State is not { IsOurs: true, IsLive: false, Progress.LastEvent: { } lastEvent } state || lastEvent <= state.Job.Seen) return;
        ProcessIdentity holder = RunFolder.HolderOf(run.Path) ?? new(0, lastEvent);
        if (registry.Apply(run, RunSignal.TakenUp, job => job with { Attempts = [.. Ended(job.Attempts, lastEvent, null), new(holder)] })) Conclude(run, null);
    }

    /// <summary>Lets go of the process of a run that is gone.</summary>
    internal void Forget(ScheduledRun run) => Replace(run, null);

    private void Request(string id, StopRequest request)
    {
        ScheduledRun run = registry.Get(id);

        // Recorded first: who sees the process end must know that it was asked to.
        if (registry.Update(run, state => IsNews(state) ? state with { Job = state.Job with { Intent = request } } : null) is null) return;
        try
        {
            if (request.Mode != StopMode.Kill) StopFile.Write(run.Path, request.Mode == StopMode.Now ? StopOrder.Now : StopOrder.Save);
            // One that is being started is killed by who starts it.
            else if (run != starting) ToKill(run).Kill();
        }
        catch
        {
            registry.Update(run, state => state.Job.Intent == request ? state with { Job = state.Job with { Intent = null } } : null);
            throw;
        }

        if (!registry.Apply(run, RunSignal.EndingBegan) && !run.State.IsLive && request.Mode != StopMode.Kill) StopFile.Clear(run.Path);
        wake();

        bool IsNews(RunState state)
        {
            if (!state.IsLive) throw new UserError($"{state.Job.Name} is {state.Word}, so there is no process to end.");
            return state.Job.Intent is not { } earlier || (earlier.Mode <= request.Mode && (earlier.Mode != request.Mode || earlier.Pause != request.Pause || request.Mode == StopMode.Kill));
        }
    }

    /// <summary>The process that works on a run; where it has ended, one that it started and that still holds the run.</summary>
    private WorkerProcess ToKill(ScheduledRun run) => workers.TryGetValue(run.Id, out WorkerProcess? worker) && !worker.HasExited ? worker : WorkerProcess.Attach(RunFolder.HolderOf(run.Path));

    private void Start(ScheduledRun run, int? threads)
    {
        try
        {
            WorkerProcess worker = WorkerProcess.Start(program, run.Path, threads);
            Replace(run, worker);
            program.Logger.LogInformation("Worker process {ProcessId} of run {Run} was started.", worker.Identity?.ProcessId, run.Id);
            if (worker.Identity is { } identity) registry.Update(run, state => state with { Job = state.Job with { Attempts = [.. state.Job.Attempts, new Attempt(identity)] } });
        }
        catch (UserError failure)
        {
            program.Logger.LogError(failure, "The worker process of run {Run} could not be started.", run.Id);
            registry.Apply(run, RunSignal.Failed, job => job with { Fault = new(FailureReason.Internal, failure.Message) });
        }
    }

    /// <summary>Brings a live run to the state that its progress shows.</summary>
    private void GoAlong(ScheduledRun run)
    {
        if (run.State.Progress.HasBegunTraining && run.State.Status == RunStatus.Preparing) registry.Apply(run, RunSignal.TrainingBegan);
        if (run.State.Status != RunStatus.Saving && (run.State.Progress.Phase == Phases.SavingModel || run.State.Job.Intent is not null)) registry.Apply(run, RunSignal.EndingBegan);
    }

    /// <summary>What a run reported; where that cannot be read just now, what it had reported before: its process is watched in any case.</summary>
    private RunProgress FollowedOr(ScheduledRun run)
    {
        try
        {
            return feed.CatchUp(run);
        }
        catch (Exception unreadable) when (unreadable is not (SqliteException or OutOfMemoryException))
        {
            return run.State.Progress;
        }
    }

    private (bool Alive, int? ExitCode) LifeOf(ScheduledRun run)
    {
        bool held = RunFolder.IsHeld(run.Path);
        if (!workers.TryGetValue(run.Id, out WorkerProcess? worker)) return (held, null);

        // One that reported something has held it.
        worker.WasHeld |= held || run.State.Progress.LastEvent > worker.Identity?.ProcessStarted;
        if (worker.IsChild)
        {
            // The ranks of a launcher that was killed notice it within moments; until then they hold the run.
            int? code = worker.ExitCode;
            return (code is null || (held && code != WorkerExitCode.HeldByAnother), code);
        }

        if (held) return (true, null);
        bool starts = !worker.WasHeld && worker.Identity is { } identity && clock.GetUtcNow() - identity.ProcessStarted < StartGrace && worker.Exists;
        return (starts, null);
    }

    private void Conclude(ScheduledRun run, int? exitCode)
    {
        DateTimeOffset now = clock.GetUtcNow();
        RunState seen = run.State;
        Attempt? attempt = seen.Job.Attempts.LastOrDefault();
        if (exitCode == WorkerExitCode.HeldByAnother)
        {
            bool held = RunFolder.IsHeld(run.Path);
            registry.Update(run, state => state with { Job = state.Job with { Attempts = Ended(state.Job.Attempts, now, exitCode) } });
            Replace(run, null);
            if (held) TakeUp(run);
            else registry.Update(run, state => state.After(RunSignal.SentBack) is { } back ? back with { NotBefore = now + TimeSpan.FromSeconds(1) } : null);
            return;
        }

        workers.TryGetValue(run.Id, out WorkerProcess? worker);
        string early = worker is { IsChild: true } ? worker.EarlyOutput : "";
        bool told = seen.Progress.Finished is { } last
            && (last.Succeeded || attempt is null || (attempt.ProcessStarted - last.Time <= TimeSpan.FromSeconds(2) && !(last.Time <= seen.Job.Seen)));
        string? lastWords = RunLog.LastErrorOf(run.Path, since: attempt?.ProcessStarted) ?? (early.Length == 0 ? null : early);
        registry.Update(run, state =>
        {
            RunEnding ending = RunEnding.From(exitCode, told ? seen.Progress.Finished : null, state.Job.Intent, lastWords, seen.Progress.CheckpointStep);
            return state.After(ending.Signal, job => job with { Intent = null, Fault = ending.Fault, Seen = seen.Progress.LastEvent, Attempts = Ended(job.Attempts, now, exitCode) });
        });
        StopFile.Clear(run.Path);
        Replace(run, null);
        if (worker is not null) program.Logger.Log(run.State.Status is RunStatus.Failed or RunStatus.Interrupted ? LogLevel.Warning : LogLevel.Information, "Worker process {ProcessId} of run {Run} ended with exit code {ExitCode} after {Duration}; the run is {Status}. {Fault}",
            attempt?.ProcessId, run.Id, exitCode?.ToString() ?? "unknown", now - attempt?.ProcessStarted, run.State.Word, run.State.Job.Fault?.Message);
    }

    private static IReadOnlyList<Attempt> Ended(IReadOnlyList<Attempt> attempts, DateTimeOffset now, int? exitCode) =>
        attempts is [.., { Ended: null } last] ? [.. attempts.SkipLast(1), last with { Ended = now, ExitCode = exitCode }] : attempts;

    private void Replace(ScheduledRun run, WorkerProcess? worker)
    {
        if (workers.TryRemove(run.Id, out WorkerProcess? before)) before.Dispose();
        if (worker is not null) workers[run.Id] = worker;
    }
}
