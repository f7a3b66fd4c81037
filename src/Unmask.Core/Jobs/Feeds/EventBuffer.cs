using Unmask.Core.Events;

namespace Unmask.Core.Jobs.Feeds;

/// <summary>
/// The newest events of a run that pages follow, read once for all of them. It holds a bounded number of bytes however many follow and however slow they are:
/// one that is further behind reads the log itself, or starts anew.
/// </summary>
internal sealed class EventBuffer
{
    private const long MostBytes = 1 << 20;

    private readonly Lock gate = new();
    private readonly List<PlacedEvent> events = [];

    /// <summary>The place before the first event; null where it holds no part of the log.</summary>
    private LogPlace? start;
    private LogPlace end;
    private long? lines;
    private int followers;

    /// <summary>Whether a page follows the run.</summary>
    public bool IsFollowed
    {
        get
        {
            lock (gate) return followers > 0;
        }
    }

    /// <summary>A page follows the run.</summary>
    public void Join()
    {
        lock (gate) followers++;
    }

    /// <summary>A page follows the run no more; with the last one it is emptied.</summary>
    public void Leave()
    {
        lock (gate)
        {
            if (--followers == 0) Clear();
        }
    }

    /// <summary>Adds what was read of the log.</summary>
    /// <param name="before">The place where the reading began.</param>
    /// <param name="part">What was read.</param>
    /// <param name="after">The place where it ended.</param>
    public void Add(LogPlace before, TailPart part, LogPlace after)
    {
        lock (gate)
        {
            if (followers == 0) return;
            if (part.WasSetBack || end != before) Clear();
            start ??= part.WasSetBack ? default : before;
            events.AddRange(part.Events);
            end = after;
            if (end.Offset - start.Value.Offset <= MostBytes) return;
            int kept = events.FindIndex(placed => end.Offset - placed.After.Offset <= MostBytes) + 1;
            start = kept == 0 ? end : events[kept - 1].After;
            events.RemoveRange(0, kept == 0 ? events.Count : kept);
        }
    }

    /// <summary>Sets how many lines the log of the worker has. One that became shorter is another log.</summary>
    public void SetLines(long count)
    {
        lock (gate)
        {
            if (count < lines) Clear();
            lines = count;
        }
    }

    /// <summary>The events after a place, and the lines that the log of the worker has; null where the place is not one that it holds.</summary>
    public (FeedPosition Position, IReadOnlyList<RunEvent> Events)? Since(FeedPosition seen)
    {
        lock (gate)
        {
            if (start is null || lines is not { } count) return null;
            FeedPosition position = new(end, Math.Max(count, seen.Lines));
            if (seen.Events == end) return (position, []);
            int first = seen.Events == start ? 0 : events.FindLastIndex(placed => placed.After == seen.Events) + 1;
            return first == 0 && seen.Events != start ? null : (position, [.. events.Skip(first).Select(placed => placed.Event)]);
        }
    }

    private void Clear()
    {
        events.Clear();
        (start, end, lines) = (null, default, null);
    }
}
