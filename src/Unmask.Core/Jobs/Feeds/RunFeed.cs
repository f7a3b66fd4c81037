using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Unmask.Core.Events;
using Unmask.Core.Jobs.Registry;
using Unmask.Core.Jobs.Status;
using Unmask.Core.Runs;
using Unmask.Core.Runs.Indexing;

namespace Unmask.Core.Jobs.Feeds;

/// <summary>
/// One tail of each events.jsonl: what it reads goes into the index and, where pages follow the run, into one bounded buffer for all of them. The members that
/// read are for the scheduler's own thread; those for pages may be called from any.
/// </summary>
public sealed class RunFeed
{
    private const int MostBytesBehind = 4 << 20;
    private const int MostLinesBehind = 5000;

    /// <summary>At most so often a batch is returned; a run that rests is asked less often.</summary>
    private static readonly TimeSpan BetweenBatches = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan WhileAtRest = TimeSpan.FromMilliseconds(500);

    private readonly RunIndex index;
    private readonly Dictionary<string, EventTail> tails = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, EventBuffer> buffers = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> forgotten = new();
    private readonly Func<string, ScheduledRun?> find;
    private readonly Func<string, RunOverview?> show;
    private readonly TimeProvider clock;

    /// <param name="index">Gets everything that is read.</param>
    /// <param name="find">A run by its id.</param>
    /// <param name="show">A run as pages show it, by its id.</param>
    /// <param name="clock">The time.</param>
    internal RunFeed(RunIndex index, Func<string, ScheduledRun?> find, Func<string, RunOverview?> show, TimeProvider clock) =>
        (this.index, this.find, this.show, this.clock) = (index, find, show, clock);

    /// <summary>
    /// Where a page stands that fetches its history now: get it first, then the history, then <see cref="Follow"/> from it. What happens in between
    /// comes twice rather than never.
    /// </summary>
    /// <exception cref="UserError">There is no such run.</exception>
    public FeedPosition PositionOf(string id)
    {
        ScheduledRun run = find(id) ?? throw RunRegistry.NoRun(id);
        return new(index.PlaceOf(run.Path), run.HistoryIn(index).Log.Count);
    }

    /// <summary>Follows a run: what it reports, about ten times a second at most. A page that is slow gets more at once, or is told to start anew. Ends when the run is deleted.</summary>
    /// <param name="id">The run.</param>
    /// <param name="from">What was seen already; null for now.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="UserError">There is no such run.</exception>
    public async IAsyncEnumerable<FeedBatch> Follow(string id, FeedPosition? from, [EnumeratorCancellation] CancellationToken stop = default)
    {
        ScheduledRun followed = find(id) ?? throw RunRegistry.NoRun(id);
        FeedPosition position = from ?? PositionOf(id);
        EventBuffer buffer = buffers.GetOrAdd(followed.Path, _ => new());
        RunOverview? shown = null;
        buffer.Join();
        try
        {
            while (!stop.IsCancellationRequested && show(id) is { } run)
            {
                RunOverview? changed = run == shown ? null : run;
                FeedBatch batch = buffer.Since(position) is { } news && news.Position.Lines - position.Lines <= MostLinesBehind
                    ? new(news.Position, false, news.Events, changed)
                    : ReadSince(position, followed, changed);
                if (batch.Reset || batch.Run is not null || batch.Position != position) yield return batch;
                (position, shown) = (batch.Position, run);
                await Task.Delay(run.IsLive ? BetweenBatches : WhileAtRest, clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            buffer.Leave();
        }
    }

    /// <summary>Reads what a run reported since the last time, for the index and all who follow.</summary>
    /// <returns>The run's progress; the same object when there was nothing new.</returns>
    internal RunProgress CatchUp(string run)
    {
        try
        {
            return Read(run);
        }
        catch (SqliteException broken) when (RunIndex.IsDamage(broken))
        {
            Rebuild();
            return Read(run);
        }
    }

    /// <inheritdoc cref="CatchUp(string)"/>
    internal RunProgress CatchUp(ScheduledRun run)
    {
        RunProgress progress = CatchUp(run.Path);
        if (IsFollowed(run)) buffers[run.Path].SetLines(run.HistoryIn(index).Log.Count);
        return progress;
    }

    /// <summary>Whether a page follows a run.</summary>
    internal bool IsFollowed(ScheduledRun run) => buffers.TryGetValue(run.Path, out EventBuffer? buffer) && buffer.IsFollowed;

    /// <summary>Forgets a run that is gone, at the next turn.</summary>
    internal void Forget(string run) => forgotten.Enqueue(run);

    /// <summary>Does what was left for the thread that reads: forgets runs, and builds an index again that a reader found damaged.</summary>
    internal void Settle()
    {
        while (forgotten.TryDequeue(out string? run))
        {
            tails.Remove(run);
            buffers.TryRemove(run, out _);
            index.Forget(run);
        }

        if (index.IsDamaged) Rebuild();
    }

    private void Rebuild()
    {
        index.StartAnew();
        tails.Clear();
    }

    private RunProgress Read(string run)
    {
        string events = Path.Combine(run, RunFolder.EventsName);
        if (!tails.TryGetValue(run, out EventTail? tail)) tails[run] = tail = new(events, index.PlaceOf(run));
        while (true)
        {
            LogPlace before = tail.Place;
            TailPart part = tail.Read();
            try
            {
                if (part.WasSetBack || part.Events.Count > 0) index.Write(run, part, tail.Place);
            }
            catch
            {
                // What was not written is read again.
                tails[run] = new(events, before);
                throw;
            }

            if (buffers.TryGetValue(run, out EventBuffer? buffer)) buffer.Add(before, part, tail.Place);
            if (part.IsAll) return index.ProgressOf(run);
        }
    }

    /// <summary>What the buffer does not hold any more, or not yet, from the log itself.</summary>
    private FeedBatch ReadSince(FeedPosition position, ScheduledRun run, RunOverview? changed)
    {
        string events = Path.Combine(run.Path, RunFolder.EventsName);
        long length = File.Exists(events) ? new FileInfo(events).Length : 0;
        long lines = run.HistoryIn(index).Log.Count;
        if (length - position.Events.Offset <= MostBytesBehind)
        {
            if (EventTail.Fault(events) is not null) return new(position, false, [], changed);
            var tail = new EventTail(events, position.Events);
            List<RunEvent> happened = [];
            bool wasSetBack = false;
            for (bool more = true; more;)
            {
                TailPart part = tail.Read();
                wasSetBack |= part.WasSetBack;
                happened.AddRange(part.Events.Select(placed => placed.Event));
                more = !part.IsAll;
            }

            if (!wasSetBack && lines >= position.Lines && lines - position.Lines <= MostLinesBehind) return new(new(tail.Place, lines), false, happened, changed);
        }

        return new(new(EndOf(events), lines), true, [], changed);
    }

    /// <summary>Where the events end; the start, where they cannot be read: the run says so by itself.</summary>
    private static LogPlace EndOf(string events)
    {
        try
        {
            return EventTail.EndOf(events);
        }
        catch (UserError)
        {
            return default;
        }
    }
}
