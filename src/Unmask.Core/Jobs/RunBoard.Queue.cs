using Unmask.Core.Runs;
using Unmask.Primitives;

namespace Unmask.Core.Jobs;

/// <summary>What people do with runs that exist.</summary>
public sealed partial class RunBoard
{
    private const int LongestName = 100;

    /// <summary>Ends a live run. A gentler request than an earlier one changes nothing.</summary>
    /// <exception cref="UserError">It does not live, or cannot be killed from here.</exception>
    public void Stop(string id, StopMode mode) => Ask(id, mode, pause: false);

    /// <summary>Lets a live run save and end, to go on later by <see cref="Resume"/>.</summary>
    /// <exception cref="UserError">It does not live.</exception>
    public void Pause(string id) => Ask(id, StopMode.AfterStep, pause: true);

    /// <summary>Puts a run that was paused, stopped, cut off or failed into the queue again, at its end; it goes on from its last checkpoint.</summary>
    /// <exception cref="UserError">It waits or lives already, or is done.</exception>
    public void Resume(string id)
    {
        lock (gate)
        {
            BoardRun run = Known(id);
            if (run.Fault is { } fault && !run.IsLive) throw new UserError(fault);
            if (!RunTransitions.Allows(run.Status, RunSignal.Requeued)) throw new UserError($"{run.Job.Name} is {Word(run.Status)} and cannot be resumed; {(run.Status == RunStatus.Succeeded ? "start a new run from its model instead" : "the run is already active")}.");
            adopted.Add(run.Path);
            Adopt(run);
            run.Apply(RunSignal.Requeued, job => job with { Order = EndOfQueue(), Intent = null, Fault = null });
            Tell(BoardChangeKind.Changed, run);
        }

        Wake();
    }

    /// <summary>Puts a run that was found into the queue, at its end: one in a folder of runs that this home did not queue and nobody has run.</summary>
    /// <exception cref="UserError">It was not found, its settings cannot be used, or the disk refuses.</exception>
    public void QueueFound(string id)
    {
        lock (gate)
        {
            BoardRun run = Known(id);
            if (run.Fault is { } fault && !run.IsLive) throw new UserError(fault);
            if (!RunTransitions.Allows(run.Status, RunSignal.Adopted)) throw new UserError($"{run.Job.Name} is {Word(run.Status)}; only a run that was found can be queued. {(RunTransitions.Allows(run.Status, RunSignal.Requeued) ? "Resume the run instead." : "Queue it again as a new run instead.")}");
        }

        // Every problem of its settings is told to the person who is here, rather than to a queue.
        SettingsOf(id);
        lock (gate)
        {
            BoardRun run = Known(id);
            adopted.Add(run.Path);
            Adopt(run);
            run.Apply(RunSignal.Adopted, job => job with { Order = EndOfQueue(), Intent = null, Fault = null });
            Tell(BoardChangeKind.Changed, run);
            Tell(BoardChangeKind.Queue);
        }

        Wake();
    }

    /// <summary>Takes a waiting run out of the queue. One that ran before can go on later.</summary>
    /// <exception cref="UserError">It does not wait.</exception>
    public void Cancel(string id)
    {
        lock (gate)
        {
            BoardRun run = Known(id);
            if (run.Status != RunStatus.Queued) throw new UserError($"{run.Job.Name} is {Word(run.Status)} and not in the queue; {(RunTransitions.IsLive(run.Status) ? "stop it instead" : "there is nothing to cancel")}.");
            bool hasRun = run.Job.Attempts.Count > 0 || run.Progress.Started is not null;
            if (!hasRun && !adopted.IsAtHome(run.Path)) adopted.Remove(run.Path);
            run.Apply(hasRun ? RunSignal.Withdrawn : adopted.IsAtHome(run.Path) ? RunSignal.Cancelled : RunSignal.Returned);
            Tell(BoardChangeKind.Changed, run);
            Tell(BoardChangeKind.Queue);
        }
    }

    /// <summary>Changes the order of the queue.</summary>
    /// <param name="id">The run to move.</param>
    /// <param name="beforeId">The run that it goes before; null for the end.</param>
    /// <exception cref="UserError">One of them does not wait.</exception>
    public void MoveBefore(string id, string? beforeId)
    {
        lock (gate)
        {
            foreach (BoardRun named in ((IEnumerable<string?>)[id, beforeId]).OfType<string>().Select(Known).Where(named => named.Status != RunStatus.Queued))
                throw new UserError($"{named.Job.Name} is {Word(named.Status)} and not in the queue any more.");
            if (id == beforeId) return;
            List<BoardRun> order = [.. InQueue().Where(run => run.Id != id)];
            order.Insert(beforeId is null ? order.Count : order.FindIndex(run => run.Id == beforeId), Known(id));
            for (int i = 0; i < order.Count; i++)
            {
                if (order[i].Job.Order != i) order[i].Keep(order[i].Job with { Order = i });
            }

            Tell(BoardChangeKind.Queue);
        }
    }

    /// <summary>Starts no more waiting runs until <see cref="ResumeQueue"/>; those that live go on. It is remembered.</summary>
    public void PauseQueue() => Set(now => now with { Paused = true });

    /// <summary>Starts waiting runs again.</summary>
    public void ResumeQueue() => Set(now => now with { Paused = false });

    /// <summary>How many runs may train on the processor at once.</summary>
    /// <exception cref="UserError">It is not 1 to 64.</exception>
    public void SetCpuSlots(int slots)
    {
        if (slots is < 1 or > QueueSettings.MostCpuSlots) throw new UserError($"{slots} concurrent runs on the CPU are not possible. Use 1 to {QueueSettings.MostCpuSlots}.");
        Set(now => now with { CpuSlots = slots });
    }

    /// <summary>Gives the run another name to show. Its folder and its model keep theirs.</summary>
    /// <exception cref="UserError">The name is empty or longer than 100 characters.</exception>
    public void Rename(string id, string name)
    {
        string trimmed = name.Trim();
        if (trimmed.Length is 0 or > LongestName || trimmed.Any(char.IsControl)) throw new UserError($"A run's name has 1 to {LongestName} characters on one line; this one has {trimmed.Length}.");
        Change(id, job => job with { Name = trimmed });
    }

    /// <summary>Replaces the run's tags.</summary>
    /// <exception cref="UserError">A tag is empty or longer than 40 characters, or there are more than 20.</exception>
    public void Tag(string id, IReadOnlyList<string> tags)
    {
        string[] trimmed = [.. tags.Select(tag => tag.Trim()).Distinct()];
        if (trimmed.Length > 20 || trimmed.Any(tag => tag.Length is 0 or > 40 || tag.Any(char.IsControl))) throw new UserError("A run has up to 20 tags of 1 to 40 characters each.");
        Change(id, job => job with { Tags = trimmed });
    }

    /// <summary>Hides the run from the usual list, or shows it again.</summary>
    public void Archive(string id, bool archived = true) => Change(id, job => job with { Archived = archived });

    private void Ask(string id, StopMode mode, bool pause)
    {
        lock (gate)
        {
            BoardRun run = Known(id);
            if (!RunTransitions.IsLive(run.Status)) throw new UserError($"{run.Job.Name} is {Word(run.Status)}, so there is no process to end.");
            if (run.Job.Intent is { } earlier && (earlier.Mode > mode || (earlier.Mode == mode && earlier.Pause == pause && mode != StopMode.Kill))) return;
            if (mode == StopMode.Kill) ToKill(run).Kill();
            else StopFile.Write(run.Path, mode == StopMode.Now ? StopOrder.Now : StopOrder.Save);
            var request = new StopRequest(mode, clock.GetUtcNow(), pause);
            if (!run.Apply(RunSignal.EndingBegan, job => job with { Intent = request })) run.Keep(run.Job with { Intent = request });
            Tell(BoardChangeKind.Changed, run);
        }

        Wake();
    }

    /// <summary>The process that works on a run; where it has ended, one that it started and that still holds the run.</summary>
    private static WorkerProcess ToKill(BoardRun run) => run.Worker is { HasExited: true }
        ? WorkerProcess.Attach(RunFolder.HolderOf(run.Path))
        : run.Worker ??= WorkerProcess.Attach(RunFolder.HolderOf(run.Path));

    private void Change(string id, Func<JobRecord, JobRecord> change)
    {
        lock (gate)
        {
            BoardRun run = Known(id);
            Adopt(run);
            run.Keep(change(run.Job));
            Tell(BoardChangeKind.Changed, run);
        }
    }

    private void Set(Func<QueueSettings, QueueSettings> change)
    {
        lock (gate)
        {
            QueueSettings changed = change(queue);
            changed.Write(Workspace.QueuePath);
            queue = changed;
            Tell(BoardChangeKind.Queue);
        }

        Wake();
    }

    /// <summary>A run of the terminal gets a job.json once the person does something with it here.</summary>
    private static void Adopt(BoardRun run)
    {
        if (!run.IsOurs) run.Job = run.Job with { Seen = run.Progress.LastEvent };
        run.IsOurs = true;
    }

    private double EndOfQueue() => InQueue().LastOrDefault() is { } last ? last.Job.Order + 1 : 0;

    private static string Word(RunStatus status) => status.ToString().ToLowerInvariant();
}
