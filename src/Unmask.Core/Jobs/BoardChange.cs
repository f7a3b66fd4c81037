using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Unmask.Core.Jobs;

/// <summary>What changed.</summary>
public enum BoardChangeKind
{
    /// <summary>A run was added, by this workbench or by a terminal.</summary>
    Added,

    /// <summary>Its status, name, tags or place in the queue changed.</summary>
    Changed,

    /// <summary>It came further: step, loss, phase. At most a few times a second.</summary>
    Progressed,

    /// <summary>It was deleted.</summary>
    Removed,

    /// <summary>The queue as a whole changed.</summary>
    Queue,

    /// <summary>Changes were dropped since this listener is slow: look at everything again.</summary>
    Missed,
}

/// <summary>Something on the board changed.</summary>
/// <param name="Kind">What.</param>
/// <param name="RunId">Which run; null when it concerns no single one.</param>
/// <param name="Run">The run as it is now; null when it is gone or it concerns no single one.</param>
public sealed record BoardChange(BoardChangeKind Kind, string? RunId = null, RunOverview? Run = null);

/// <summary>A listener to changes of the board. Dispose it when nobody listens any more.</summary>
public sealed class BoardSubscription : IDisposable
{
    private const int Capacity = 256;

    private readonly Action<BoardSubscription> ended;
    private readonly Channel<BoardChange> channel;
    private int missed;

    internal BoardSubscription(Action<BoardSubscription> ended)
    {
        this.ended = ended;
        channel = Channel.CreateBounded<BoardChange>(new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest }, _ => Interlocked.Exchange(ref missed, 1));
    }

    /// <summary>Waits for changes and hands on all that are there, oldest first. When some were dropped, the first is <see cref="BoardChangeKind.Missed"/>. Ends when the board closes.</summary>
    public async IAsyncEnumerable<IReadOnlyList<BoardChange>> ReadAll([EnumeratorCancellation] CancellationToken stop = default)
    {
        while (await channel.Reader.WaitToReadAsync(stop))
        {
            List<BoardChange> changes = [];
            if (Interlocked.Exchange(ref missed, 0) == 1) changes.Add(new(BoardChangeKind.Missed));
            while (changes.Count <= Capacity && channel.Reader.TryRead(out BoardChange? change)) changes.Add(change);
            if (changes.Count > 0) yield return changes;
        }
    }

    /// <summary>Listens no more.</summary>
    public void Dispose()
    {
        ended(this);
        Close();
    }

    internal void Send(BoardChange change) => channel.Writer.TryWrite(change);

    internal void Close() => channel.Writer.TryComplete();
}
