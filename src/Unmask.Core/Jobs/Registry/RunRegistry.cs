using System.Collections.Concurrent;
using Unmask.Core.Jobs.Status;

namespace Unmask.Core.Jobs.Registry;

/// <summary>The runs of a home folder in memory, and who listens to their changes. All members may be called from any thread and none waits for a file but <see cref="Update"/>.</summary>
internal sealed class RunRegistry
{
    private readonly Lock gate = new();
    private readonly ConcurrentDictionary<string, ScheduledRun> byId = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ScheduledRun> byPath = new(StringComparer.Ordinal);

    /// <summary>Ids that were given: none is given again, since a program may hold it still.</summary>
    private readonly ConcurrentDictionary<string, bool> given = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Who listens to changes.</summary>
    public RunChanges Changes { get; } = new();

    /// <summary>How a run is shown to listeners; the queue adds the place of one that waits.</summary>
    public Func<RunState, RunOverview> Show { get; set; } = state => state.Overview();

    /// <summary>All runs, in no order, but those that are being deleted.</summary>
    public IEnumerable<ScheduledRun> All => byId.Values.Where(run => !run.State.IsDeleting);

    /// <summary>The runs that a process works on.</summary>
    public IEnumerable<ScheduledRun> Live => byId.Values.Where(run => run.State.IsLive);

    /// <summary>All runs by their folders, also those that are being deleted.</summary>
    public Dictionary<string, ScheduledRun> ByPath => new(byPath);

    /// <summary>A run; null when there is none of that id.</summary>
    public ScheduledRun? Find(string id) => byId.TryGetValue(id, out ScheduledRun? run) && !run.State.IsDeleting ? run : null;

    /// <summary>A run.</summary>
    /// <exception cref="UserError">There is none of that id.</exception>
    public ScheduledRun Get(string id) => Find(id) ?? throw NoRun(id);

    /// <summary>That there is no run of an id.</summary>
    public static UserError NoRun(string id) => new($"There is no run {id}. It may have been deleted.");

    /// <summary>Whether a run has the id, or had it.</summary>
    public bool IsKnown(string id) => byId.ContainsKey(id);

    /// <summary>Claims an id for a new run.</summary>
    /// <returns>Whether it is free; then it is given to nobody else.</returns>
    public bool Claim(string id) => !byId.ContainsKey(id) && given.TryAdd(id, true);

    /// <summary>Adds a run whose folder is not known yet.</summary>
    public void Add(ScheduledRun run)
    {
        lock (gate)
        {
            if (!byPath.TryAdd(run.Path, run)) return;
            byId[run.Id] = run;
            Publish(RunChangeKind.Added, run.State);
        }
    }

    /// <summary>Forgets a run that is gone.</summary>
    public void Remove(ScheduledRun run)
    {
        lock (gate)
        {
            given.TryAdd(run.Id, true);
            byPath.TryRemove(run.Path, out _);
            if (byId.TryRemove(run.Id, out _)) Publish(RunChangeKind.Removed, run.State);
        }
    }

    /// <summary>Changes a run: its job.json first, then its state, then the listeners are told.</summary>
    /// <param name="run">Which.</param>
    /// <param name="change">Gives the new state by the present one, or null to leave it; may be called again, so it must do nothing else.</param>
    /// <param name="kind">What listeners are told; null for nothing.</param>
    /// <returns>The new state; null where it was left.</returns>
    /// <exception cref="UserError">The disk refuses; nothing was changed.</exception>
    public RunState? Update(ScheduledRun run, Func<RunState, RunState?> change, RunChangeKind? kind = RunChangeKind.Changed) =>
        run.Update(state => change(state) is { } after ? after with { JobFault = after.IsOurs && after.Job != state.Job ? null : after.JobFault } : null, after =>
        {
            if (kind is { } told && byId.ContainsKey(run.Id)) Publish(told, after);
        });

    /// <summary>Changes the status of a run by the table.</summary>
    /// <returns>Whether the table allows it; else nothing was changed.</returns>
    public bool Apply(ScheduledRun run, RunSignal signal, Func<JobRecord, JobRecord>? more = null) => Update(run, state => state.After(signal, more)) is not null;

    private void Publish(RunChangeKind kind, RunState state)
    {
        if (Changes.HasListeners) Changes.Publish(new(kind, state.Id, kind == RunChangeKind.Removed ? null : Show(state)));
    }
}
