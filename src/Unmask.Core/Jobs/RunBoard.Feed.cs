using System.Runtime.CompilerServices;
using Unmask.Core.Events;
using Unmask.Core.Runs;
using Unmask.Primitives;

namespace Unmask.Core.Jobs;

/// <summary>Following one run while it works.</summary>
public sealed partial class RunBoard
{
    private const int MostBytesBehind = 4 << 20;
    private const int MostLinesBehind = 5000;

    /// <summary>At most so often a batch is handed on; a run that rests is looked at less often.</summary>
    private static readonly TimeSpan BetweenBatches = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan WhileAtRest = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Where a page stands that fetches its history now: take it first, then the history, then <see cref="Follow"/> from it. What happens in between
    /// comes twice rather than never.
    /// </summary>
    /// <exception cref="UserError">There is no such run.</exception>
    public FeedPosition PositionOf(string id)
    {
        (string events, RunHistory history) = FilesOf(id);
        return new(EndOf(events), history.Log.Count);
    }

    /// <summary>Follows a run: what it tells and logs, about ten times a second at most. Ends when the run is deleted or the board closes.</summary>
    /// <param name="id">The run.</param>
    /// <param name="from">What was seen already; null for now.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="UserError">There is no such run.</exception>
    public async IAsyncEnumerable<FeedBatch> Follow(string id, FeedPosition? from, [EnumeratorCancellation] CancellationToken stop = default)
    {
        (string events, RunHistory history) = FilesOf(id);
        FeedPosition position = from ?? PositionOf(id);
        RunOverview? shown = null;
        while (!stop.IsCancellationRequested && !closing.IsCancellationRequested && Find(id) is { } run)
        {
            FeedBatch batch = NewsSince(position, events, history.Log, run == shown ? null : run);
            if (batch.Reset || batch.Run is not null || batch.Events.Count > 0 || batch.Lines.Count > 0) yield return batch;
            (position, shown) = (batch.Position, run);
            try
            {
                await Task.Delay(run.IsLive ? BetweenBatches : WhileAtRest, clock, stop);
            }
            catch (OperationCanceledException)
            {
                yield break;
            }
        }
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

    private static FeedBatch NewsSince(FeedPosition position, string events, RunLog log, RunOverview? changed)
    {
        long length = File.Exists(events) ? new FileInfo(events).Length : 0;
        if (length - position.Events.Offset <= MostBytesBehind)
        {
            if (EventTail.Fault(events) is not null) return new(position, false, [], [], changed);
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

            LogPage page = log.Page(position.Lines, MostLinesBehind);
            if (!wasSetBack && !page.HasMore && page.Total >= position.Lines) return new(new(tail.Place, position.Lines + page.Lines.Count), false, happened, page.Lines, changed);
        }

        return new(new(EndOf(events), log.Count), true, [], [], changed);
    }

    private (string Events, RunHistory History) FilesOf(string id) =>
        History(id) is { } history ? (Path.Combine(history.Path, "events.jsonl"), history) : throw new UserError($"There is no run {id}. It may have been deleted.");
}
