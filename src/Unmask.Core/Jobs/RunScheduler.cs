using Unmask.Core.Jobs.Feeds;
using Unmask.Core.Jobs.Launching;
using Unmask.Core.Jobs.Queueing;
using Unmask.Core.Jobs.Registry;
using Unmask.Core.Jobs.Status;
using Unmask.Core.Parameters;
using Unmask.Core.Runs.Indexing;
using Unmask.Core.Workspaces;

namespace Unmask.Core.Jobs;

/// <summary>
/// All runs of a home folder: the queue, the processes that work on them, what they report. The run folders are the truth; a thread of this inspects them a few
/// times a second, starts a process for each run whose turn it is, and writes their job.json. Unless a member says otherwise it may be called from any thread.
/// </summary>
public sealed class RunScheduler : IAsyncDisposable
{
    private const int LongestName = 100;
    private static readonly TimeSpan BetweenTurns = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan BetweenDiscoveries = TimeSpan.FromSeconds(2);

    private readonly RunRegistry registry = new();
    private readonly AutoResetEvent wake = new(false);
    private readonly CancellationTokenSource closing = new();
    private readonly RunTroubles troubles;
    private readonly RunDiscovery discovery;
    private readonly TimeProvider clock;
    private Thread? thread;
    private DateTimeOffset lastDiscovery;
    private string? discoveryTrouble;

    private RunScheduler(Workspace workspace, SchedulerOptions options, TimeProvider clock)
    {
        (Workspace, this.clock) = (workspace, clock);
        troubles = new(options.Program.Logger);
        var adopted = new AdoptedRuns(workspace);
        Index = RunIndex.Open(workspace.DatabasePath);
        Feed = new(Index, registry.Find, Find, clock);
        Queue = new(registry, adopted, workspace.QueuePath, options.Gpus, clock, Wake);
        Launcher = new(registry, Feed, adopted, options.Program, clock, Wake);
        Creator = new(registry, Queue, workspace.RunsPath, clock, Wake);
        Storage = new(registry, Feed, adopted);
        discovery = new(workspace, registry, Index, Feed, Launcher, adopted);
    }

    /// <summary>The home folder.</summary>
    public Workspace Workspace { get; }

    /// <summary>The metrics of all runs, quick to search.</summary>
    public RunIndex Index { get; }

    /// <summary>What waits.</summary>
    public RunQueue Queue { get; }

    /// <summary>The processes that work on runs.</summary>
    public RunLauncher Launcher { get; }

    /// <summary>What runs report.</summary>
    public RunFeed Feed { get; }

    /// <summary>New runs.</summary>
    public RunCreator Creator { get; }

    /// <summary>What runs take on the disk.</summary>
    public RunStorage Storage { get; }

    /// <summary>What the scheduler could not do of late, e.g. since the disk is full; null when all is well.</summary>
    public string? Trouble { get; private set; }

    /// <summary>Opens the scheduler of a home folder and inspects every run once; <see cref="Start"/> lets it work. One process per home (<see cref="ServerLock"/>).</summary>
    /// <param name="workspace">The home folder.</param>
    /// <param name="options">How workers are started; null for the default.</param>
    /// <param name="clock">For tests; null for the system's.</param>
    public static RunScheduler Open(Workspace workspace, SchedulerOptions? options = null, TimeProvider? clock = null)
    {
        var scheduler = new RunScheduler(workspace, options ?? new(), clock ?? TimeProvider.System);
        string? sweep = workspace.Sweep();
        scheduler.Discover();
        scheduler.WatchLive();
        scheduler.Trouble = sweep ?? scheduler.troubles.TakeFirst() ?? scheduler.discoveryTrouble ?? scheduler.Index.Notice;
        return scheduler;
    }

    /// <summary>Lets the scheduler work: start runs, watch them, notice those of the terminal.</summary>
    public void Start()
    {
        thread = new Thread(Work) { IsBackground = true, Name = "run scheduler" };
        thread.Start();
    }

    /// <summary>Stops the scheduler. The workers go on; the next scheduler adopts them.</summary>
    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        wake.Set();
        thread?.Join();
        registry.Changes.Close();
        Launcher.Dispose();
        troubles.Try(Feed.Settle);
        Index.Dispose();
        wake.Dispose();
        closing.Dispose();
    }

    /// <summary>All runs, newest first: from memory, without a file or a query.</summary>
    public IReadOnlyList<RunOverview> List()
    {
        Dictionary<string, RunQueue.Place> places = Queue.Places();
        return [.. registry.All.Select(run => run.State).OrderByDescending(run => run.Job.Created).ThenByDescending(run => run.Id, StringComparer.Ordinal).Select(run => RunQueue.Show(run, places))];
    }

    /// <summary>One run; null when there is none of that id.</summary>
    public RunOverview? Find(string id) => !closing.IsCancellationRequested && registry.Find(id) is { } run ? registry.Show(run.State) : null;

    /// <summary>What a run measured, sampled, saved and logged; null when there is none of that id.</summary>
    public RunHistory? History(string id) => registry.Find(id)?.HistoryIn(Index);

    /// <summary>The settings of a run, with changes as <c>--set</c> takes them.</summary>
    /// <exception cref="UserError">Its config.yaml or a change cannot be read.</exception>
    public TrainParameters SettingsOf(string id, IReadOnlyList<string>? changes = null) => registry.Get(id).ReadSettings(changes);

    /// <summary>The settings of a run; null where they cannot be read or used, which its page reports.</summary>
    public TrainParameters? SettingsOrNull(string id)
    {
        try
        {
            return SettingsOf(id);
        }
        catch (UserError)
        {
            return null;
        }
    }

    /// <summary>Listens to changes.</summary>
    public RunSubscription Subscribe() => registry.Changes.Subscribe();

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

    /// <summary>Hides the run from the list, or shows it again.</summary>
    public void Archive(string id, bool archived = true) => Change(id, job => job with { Archived = archived });

    /// <summary>Looks through all run folders now. For the scheduler's own thread, or before <see cref="Start"/>.</summary>
    internal void Discover()
    {
        troubles.Try(Feed.Settle);
        troubles.Try(() => discovery.Discover(troubles));
        (lastDiscovery, discoveryTrouble) = (clock.GetUtcNow(), troubles.TakeFirst());
    }

    /// <summary>One look at everything. What goes wrong with one run keeps it from no other. For the scheduler's own thread.</summary>
    internal void Turn()
    {
        if (clock.GetUtcNow() - lastDiscovery >= BetweenDiscoveries) Discover();
        else troubles.Try(Feed.Settle);
        WatchLive();
        if (!closing.IsCancellationRequested) Queue.Dispatch(run => troubles.Try(() => Launcher.Launch(run, Queue.ThreadsFor(run))));
        Trouble = troubles.TakeFirst() ?? discoveryTrouble ?? Index.Notice;
    }

    private void WatchLive()
    {
        foreach (ScheduledRun run in registry.Live.ToList()) troubles.Try(() => Launcher.Watch(run));
        foreach (ScheduledRun run in registry.All.Where(run => Feed.IsFollowed(run) && run.State is { IsLive: false, Fault: null })) troubles.Try(() => Feed.CatchUp(run));
    }

    private void Work()
    {
        while (!closing.IsCancellationRequested)
        {
            // The last resort: whatever one turn runs into, the next one comes, and what went wrong is reported.
            if (troubles.Try(Turn) is { } trouble) Trouble = trouble;
            wake.WaitOne(BetweenTurns);
        }
    }

    private void Wake()
    {
        if (!closing.IsCancellationRequested) wake.Set();
    }

    private void Change(string id, Func<JobRecord, JobRecord> change) =>
        registry.Update(registry.Get(id), state => state.Adopted() is var ours ? ours with { Job = change(ours.Job) } : null);
}
