using Microsoft.Data.Sqlite;
using Unmask.Core.Events;
using Unmask.Core.Runs;
using Unmask.Primitives;

namespace Unmask.Core.Jobs;

/// <summary>The board at work: it looks at the runs a few times a second.</summary>
public sealed partial class RunBoard
{
    private static readonly TimeSpan BetweenTurns = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan BetweenDiscoveries = TimeSpan.FromSeconds(2);

    /// <summary>A process that is there but does not hold its run yet is given this long; after it, it is not ours.</summary>
    private static readonly TimeSpan StartGrace = TimeSpan.FromSeconds(60);

    /// <summary>A run that could not be started is left for so long: what is wrong with its folder may be mended meanwhile.</summary>
    private static readonly TimeSpan BetweenLaunches = TimeSpan.FromSeconds(10);

    private readonly AutoResetEvent wake = new(false);
    private readonly CancellationTokenSource closing = new();
    private Thread? pump;
    private DateTimeOffset lastDiscovery;
    private string? discoveryTrouble;

    /// <summary>What the board could not do of late, e.g. since the disk is full; null when all is well.</summary>
    public string? Trouble { get; private set; }

    /// <summary>Lets the board work: start runs, watch them, notice those of the terminal.</summary>
    public void Start()
    {
        pump = new Thread(Work) { IsBackground = true, Name = "run board" };
        pump.Start();
    }

    /// <summary>Stops the board. The workers go on; the next board takes hold of them.</summary>
    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        wake.Set();
        pump?.Join();
        lock (gate)
        {
            foreach (BoardSubscription listener in listeners) listener.Close();
            foreach (BoardRun run in runs.Values) run.Worker?.Dispose();
        }

        Index.Dispose();
        wake.Dispose();
        closing.Dispose();
    }

    private void Wake()
    {
        if (!closing.IsCancellationRequested) wake.Set();
    }

    private void Work()
    {
        while (!closing.IsCancellationRequested)
        {
            // The last resort: whatever one turn runs into, the next one comes, and what went wrong is told.
            string? trouble = null;
            Try(Turn, ref trouble);
            if (trouble is not null) Trouble = trouble;
            wake.WaitOne(BetweenTurns);
        }
    }

    /// <summary>One look at everything. What goes wrong with one run keeps it from no other.</summary>
    internal void Turn()
    {
        string? trouble = null;
        if (clock.GetUtcNow() - lastDiscovery >= BetweenDiscoveries) Try(Discover, ref trouble);
        WatchLive(ref trouble);
        LaunchWaiting(ref trouble);
        Trouble = trouble ?? discoveryTrouble ?? Index.Notice;
    }

    /// <summary>
    /// A disk that is full today is no reason to stop looking, and neither is a run that nobody foresaw: what goes wrong is told, and tried again at the
    /// next turn.
    /// </summary>
    private static void Try(Action work, ref string? trouble)
    {
        try
        {
            work();
        }
        catch (Exception failure)
        {
            bool isExpected = failure is UserError or IOException or UnauthorizedAccessException or SqliteException;
            trouble ??= isExpected ? failure.Message : $"Internal error (a bug in Unmask); the workbench continues: {failure.GetType().Name}, {failure.Message.TrimEnd('.')}, {Place(failure)}.";
        }
    }

    /// <summary>Where in the program a failure came up.</summary>
    private static string Place(Exception failure) => failure.StackTrace?.Split('\n', 2)[0].Trim() ?? "at an unknown location";

    private void WatchLive(ref string? trouble)
    {
        BoardRun[] live;
        lock (gate) live = [.. Live()];
        foreach (BoardRun run in live) Try(() => Watch(run), ref trouble);
    }

    /// <summary>Looks at a live run: first whether its process is there, then what it told, then what became of it.</summary>
    private void Watch(BoardRun run)
    {
        (bool alive, int? exitCode) = LifeOf(run);
        RunProgress progress = FollowedOr(run.Progress, run.Path);
        lock (gate)
        {
            if (!RunTransitions.IsLive(run.Status) || !runs.ContainsKey(run.Id)) return;
            bool isNews = progress != run.Progress;
            run.Progress = progress;
            RunStatus before = run.Status;
            if (!alive) Conclude(run, exitCode);
            else GoAlong(run);

            if (run.Status != before) Tell(BoardChangeKind.Changed, run);
            else if (isNews) Tell(BoardChangeKind.Progressed, run);
        }
    }

    /// <summary>Brings a live run to the state that its progress tells of.</summary>
    private static void GoAlong(BoardRun run)
    {
        if (run.Progress.HasBegunTraining) run.Apply(RunSignal.TrainingBegan);
        if (run.Progress.Phase == Phases.SavingModel || run.Job.Intent is not null) run.Apply(RunSignal.EndingBegan);
    }

    /// <summary>What a run told; where that cannot be read just now, what it had told before: its process is watched in any case.</summary>
    private RunProgress FollowedOr(RunProgress before, string run)
    {
        try
        {
            return Index.CatchUp(run);
        }
        catch (Exception unreadable) when (unreadable is not (SqliteException or OutOfMemoryException))
        {
            return before;
        }
    }

    private (bool Alive, int? ExitCode) LifeOf(BoardRun run)
    {
        bool held = RunFolder.IsHeld(run.Path);
        WorkerProcess? worker;
        lock (gate)
        {
            worker = run.Worker;

            // One that told something has held it.
            run.WasHeld |= held || run.Progress.LastEvent > worker?.Identity?.ProcessStarted;
        }

        if (worker is { IsChild: true })
        {
            // The ranks of a launcher that was killed notice it within moments; until then they hold the run.
            int? code = worker.ExitCode;
            return (code is null || (held && code != WorkerExitCode.HeldByAnother), code);
        }

        if (held) return (true, null);
        bool starts = !run.WasHeld && worker is { Identity: { } identity } && clock.GetUtcNow() - identity.ProcessStarted < StartGrace && worker.Exists;
        return (starts, null);
    }

    private void Conclude(BoardRun run, int? exitCode)
    {
        DateTimeOffset now = clock.GetUtcNow();
        Attempt? attempt = run.Job.Attempts.LastOrDefault();
        string? early = run.Worker is { IsChild: true } child ? child.EarlyOutput : null;
        if (exitCode == WorkerExitCode.HeldByAnother)
        {
            bool held = RunFolder.IsHeld(run.Path);
            run.Keep(run.Job with { Attempts = Ended(run.Job.Attempts, now, exitCode) });
            ReplaceWorker(run, null);
            if (held)
            {
                TakeUp(run);
                return;
            }

            run.NotBefore = now + TimeSpan.FromSeconds(1);
            run.Apply(RunSignal.SentBack);
            return;
        }

        bool told = run.Progress.Finished is { } last
            && (last.Succeeded || attempt is null || (attempt.ProcessStarted - last.Time <= TimeSpan.FromSeconds(2) && !(last.Time <= run.Job.Seen)));
        string? lastWords = RunLog.LastErrorOf(run.Path, since: attempt?.ProcessStarted) ?? (string.IsNullOrEmpty(early) ? null : early);
        RunEnding ending = RunEnding.Of(exitCode, told ? run.Progress.Finished : null, run.Job.Intent, lastWords, run.Progress.CheckpointStep);
        run.Apply(ending.Signal, job => job with { Intent = null, Fault = ending.Fault, Seen = run.Progress.LastEvent, Attempts = Ended(job.Attempts, now, exitCode) });
        StopFile.Clear(run.Path);
        ReplaceWorker(run, null);
    }

    private static IReadOnlyList<Attempt> Ended(IReadOnlyList<Attempt> attempts, DateTimeOffset now, int? exitCode) =>
        attempts is [.., { Ended: null } last] ? [.. attempts.SkipLast(1), last with { Ended = now, ExitCode = exitCode }] : attempts;

    private static void ReplaceWorker(BoardRun run, WorkerProcess? worker)
    {
        run.Worker?.Dispose();
        run.Worker = worker;
        run.WasHeld = false;
    }

    private void LaunchWaiting(ref string? trouble)
    {
        lock (gate)
        {
            if (queue.Paused || closing.IsCancellationRequested) return;
            Dictionary<string, int> free = FreeSlots();
            DateTimeOffset now = clock.GetUtcNow();
            foreach (BoardRun run in InQueue().ToList())
            {
                if (now < run.NotBefore) continue;
                IReadOnlyList<string> lanes = LanesOf(run);
                if (Lanes.Take(lanes, free) is not null) continue;
                string? fault = null;
                Try(() => Launch(run), ref fault);
                run.LaunchFault = fault;
                trouble ??= fault;
                if (fault is null || run.Status != RunStatus.Queued) continue;
                run.NotBefore = now + BetweenLaunches;
                Lanes.GiveBack(lanes, free);
                Tell(BoardChangeKind.Changed, run);
                Tell(BoardChangeKind.Queue);
            }
        }
    }

    /// <summary>A run outside of the home whose settings changed after a person queued it waits for a person again.</summary>
    private void Disown(BoardRun run)
    {
        adopted.Remove(run.Path);
        run.IsOurs = false;
        run.Job = BoardRun.Foreign(run.Id, run.Path, run.Job.Name, run.Progress) with { Tags = run.Job.Tags, Archived = run.Job.Archived };
        Tell(BoardChangeKind.Changed, run);
        Tell(BoardChangeKind.Queue);
    }

    /// <summary>Runs that share the processor get an equal part of it each; one that has it alone decides itself.</summary>
    private int? ThreadsFor(BoardRun run) => queue.CpuSlots > 1 && LanesOf(run).Contains(Lanes.Cpu) ? Math.Max(1, Environment.ProcessorCount / queue.CpuSlots) : null;

    private void Launch(BoardRun run)
    {
        // Another process may have worked on it while it waited.
        run.Progress = Index.CatchUp(run.Path);
        if (run.IsOurs && !adopted.Trusts(run.Path))
        {
            Disown(run);
            return;
        }

        if (RunFolder.IsHeld(run.Path)) TakeUp(run);
        else NoticeMissed(run);
        if (run.Status != RunStatus.Queued)
        {
            Tell(BoardChangeKind.Changed, run);
            return;
        }

        StopFile.Clear(run.Path);
        run.Apply(RunSignal.Launched, job => job with { Intent = null, Fault = null });
        try
        {
            ReplaceWorker(run, WorkerProcess.Start(options.Program, run.Path, ThreadsFor(run)));
        }
        catch (UserError failure)
        {
            run.Apply(RunSignal.Failed, job => job with { Fault = new(FailureReason.Internal, failure.Message) });
        }

        if (run.Worker?.Identity is { } identity) run.Keep(run.Job with { Attempts = [.. run.Job.Attempts, new Attempt(identity)] });
        Tell(BoardChangeKind.Changed, run);
        Tell(BoardChangeKind.Queue);
    }
}
