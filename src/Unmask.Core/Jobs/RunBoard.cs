using System.Text.RegularExpressions;
using Unmask.Core.Runs;
using Unmask.Core.Workspaces;
using Unmask.Primitives;

namespace Unmask.Core.Jobs;

/// <summary>
/// All runs of a home folder: the queue, the workers, what became of them. The run folders are the truth; this looks at them, starts a process for
/// each run whose turn it is, and writes their job.json. Processes it starts outlive it: the next board takes hold of them again.
/// All members may be called from any thread.
/// </summary>
public sealed partial class RunBoard : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, BoardRun> runs = new(StringComparer.Ordinal);
    private readonly List<BoardSubscription> listeners = [];
    private readonly BoardOptions options;
    private readonly TimeProvider clock;
    private readonly AdoptedRuns adopted;
    private QueueSettings queue;

    private RunBoard(Workspace workspace, BoardOptions options, TimeProvider clock)
    {
        (Workspace, this.options, this.clock) = (workspace, options, clock);
        queue = QueueSettings.Read(workspace.QueuePath);
        adopted = new(workspace);
        Index = RunIndex.Open(workspace.DatabasePath);
    }

    /// <summary>The home folder.</summary>
    public Workspace Workspace { get; }

    /// <summary>The measures of all runs, quick to search.</summary>
    public RunIndex Index { get; }

    /// <summary>What the queue as a whole is set to.</summary>
    public QueueSettings Queue
    {
        get
        {
            lock (gate) return queue;
        }
    }

    /// <summary>Opens the board of a home folder and looks at every run once; <see cref="Start"/> lets it work. One process a home (<see cref="ServerLock"/>).</summary>
    /// <param name="workspace">The home folder.</param>
    /// <param name="options">How workers are started; null for the usual.</param>
    /// <param name="clock">For tests; null for the system's.</param>
    public static RunBoard Open(Workspace workspace, BoardOptions? options = null, TimeProvider? clock = null)
    {
        var board = new RunBoard(workspace, options ?? new(), clock ?? TimeProvider.System);
        string? trouble = workspace.Sweep();
        Try(board.Discover, ref trouble);
        board.WatchLive(ref trouble);
        board.Trouble = trouble ?? board.discoveryTrouble ?? board.Index.Notice;
        return board;
    }

    /// <summary>All runs, newest first.</summary>
    public IReadOnlyList<RunOverview> List()
    {
        lock (gate)
        {
            Dictionary<string, (int Position, string Waits)> waiting = Waiting();
            return [.. runs.Values.Where(run => !run.IsGoing).OrderByDescending(run => run.Job.Created).ThenByDescending(run => run.Id, StringComparer.Ordinal).Select(run => Show(run, waiting))];
        }
    }

    /// <summary>One run; null when there is none of that id.</summary>
    public RunOverview? Find(string id)
    {
        lock (gate) return runs.TryGetValue(id, out BoardRun? run) && !run.IsGoing ? Show(run, Waiting()) : null;
    }

    /// <summary>The runs that wait, in the order in which they will start.</summary>
    public IReadOnlyList<RunOverview> ListQueue()
    {
        lock (gate)
        {
            Dictionary<string, (int Position, string Waits)> waiting = Waiting();
            Dictionary<string, double> starts = queue.Paused ? [] : QueueForecast.Of(Live().Select(run => new LaneUse(run.Id, LanesOf(run), run.Progress.EtaSeconds)), InQueue().Select(run => new LaneUse(run.Id, LanesOf(run), UsualSeconds(run))), SlotsOf);
            return [.. InQueue().Select(run => Show(run, waiting) with { StartsInSeconds = starts.TryGetValue(run.Id, out double seconds) ? seconds : null })];
        }
    }

    /// <summary>The devices and what is on them now.</summary>
    public IReadOnlyList<Lane> ListLanes()
    {
        lock (gate)
        {
            ILookup<string, string> busy = Live().SelectMany(run => LanesOf(run).Select(lane => (lane, run.Id))).ToLookup(pair => pair.lane, pair => pair.Id);
            IEnumerable<string> names = ((IEnumerable<string>)[Lanes.Cpu, .. options.Gpus.Select(Lanes.Gpu)]).Union(busy.Select(lane => lane.Key));
            return [.. names.Select(name => new Lane(name, SlotsOf(name), [.. busy[name]]))];
        }
    }

    /// <summary>What a run measured, sampled, saved and logged; null when there is none of that id.</summary>
    public RunHistory? History(string id)
    {
        lock (gate) return runs.TryGetValue(id, out BoardRun? run) && !run.IsGoing ? run.History ??= new(run.Path, Index) : null;
    }

    /// <summary>Listens to changes.</summary>
    public BoardSubscription Subscribe()
    {
        var listener = new BoardSubscription(ended =>
        {
            lock (gate) listeners.Remove(ended);
        });
        lock (gate) listeners.Add(listener);
        return listener;
    }

    private BoardRun Known(string id) => runs.TryGetValue(id, out BoardRun? run) && !run.IsGoing ? run : throw new UserError($"There is no run {id}. It may have been deleted.");

    private IEnumerable<BoardRun> InQueue() => runs.Values.Where(run => run.Status == RunStatus.Queued && !run.IsGoing).OrderBy(run => run.Job.Order).ThenBy(run => run.Id, StringComparer.Ordinal);

    private IEnumerable<BoardRun> Live() => runs.Values.Where(run => RunTransitions.IsLive(run.Status));

    private IReadOnlyList<string> LanesOf(BoardRun run) => Lanes.Of(run.Settings, options.Gpus);

    private int SlotsOf(string lane) => lane == Lanes.Cpu ? queue.CpuSlots : 1;

    /// <summary>How long the last run of the same template with the same model and data took; null where there was none.</summary>
    private double? UsualSeconds(BoardRun run) => runs.Values
        .Where(other => other.Status == RunStatus.Succeeded && other.Settings == run.Settings && other.Job.Origin?.Template == run.Job.Origin?.Template && other.Job.Attempts.Count == 1)
        .OrderByDescending(other => other.Job.Created).Select(other => other.Overview()).Select(other => (other.Ended - other.Started)?.TotalSeconds).FirstOrDefault();

    /// <summary>Position and what each waiting run waits for.</summary>
    private Dictionary<string, (int Position, string Waits)> Waiting()
    {
        Dictionary<string, int> free = FreeSlots();
        DateTimeOffset now = clock.GetUtcNow();
        return InQueue().Select((run, place) => (run.Id, Position: place + 1, Waits: WaitsFor(run))).ToDictionary(run => run.Id, run => (run.Position, run.Waits));

        string WaitsFor(BoardRun run)
        {
            if (queue.Paused) return "the queue is paused";
            if (now < run.NotBefore) return run.LaunchFault is { } fault ? $"could not be started, and is tried again soon: {fault}" : "starts soon";
            return Lanes.Take(LanesOf(run), free) is { } lane ? $"waits for {lane}" : "starts now";
        }
    }

    private Dictionary<string, int> FreeSlots()
    {
        Dictionary<string, int> free = new() { [Lanes.Cpu] = queue.CpuSlots };
        foreach (string lane in Live().SelectMany(LanesOf)) free[lane] = free.GetValueOrDefault(lane, 1) - 1;
        return free;
    }

    private static RunOverview Show(BoardRun run, Dictionary<string, (int Position, string Waits)> waiting) =>
        waiting.TryGetValue(run.Id, out (int Position, string Waits) place) ? run.Overview(place.Position, place.Waits) : run.Overview();

    private void Tell(BoardChangeKind kind, BoardRun? run = null)
    {
        if (listeners.Count == 0) return;
        var change = new BoardChange(kind, run?.Id, run is null || kind == BoardChangeKind.Removed ? null : Show(run, run.Status == RunStatus.Queued ? Waiting() : []));
        foreach (BoardSubscription listener in listeners) listener.Send(change);
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$")]
    private static partial Regex PlainName();
}
