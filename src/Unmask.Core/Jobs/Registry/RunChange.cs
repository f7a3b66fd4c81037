using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Unmask.Core.Jobs.Status;

namespace Unmask.Core.Jobs.Registry;

/// <summary>What changed.</summary>
public enum RunChangeKind
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

/// <summary>Some run, or the queue, changed.</summary>
/// <param name="Kind">What.</param>
/// <param name="RunId">Which run; null when it concerns no single one.</param>
/// <param name="Run">The run as it is now; null when it is gone or it concerns no single one.</param>
public sealed record RunChange(RunChangeKind Kind, string? RunId = null, RunOverview? Run = null);

/// <summary>A listener to changes of runs. It holds a bounded number of them: one that is slow is told that it missed some. Dispose it when nobody listens any more.</summary>
public sealed class RunSubscription : IDisposable
{
    private const int Capacity = 256;

    private readonly Action<RunSubscription> ended;
    private readonly Channel<RunChange> channel;
    private int missed;

    internal RunSubscription(Action<RunSubscription> ended)
    {
        this.ended = ended;
        channel = Channel.CreateBounded<RunChange>(new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest }, _ => Interlocked.Exchange(ref missed, 1));
    }

    /// <summary>Waits for changes and returns all that are there, oldest first. When some were dropped, the first is <see cref="RunChangeKind.Missed"/>. Ends when the scheduler closes.</summary>
    public async IAsyncEnumerable<IReadOnlyList<RunChange>> ReadAll([EnumeratorCancellation] CancellationToken stop = default)
    {
        while (await channel.Reader.WaitToReadAsync(stop))
        {
            List<RunChange> changes = [];
            if (Interlocked.Exchange(ref missed, 0) == 1) changes.Add(new(RunChangeKind.Missed));
            while (changes.Count <= Capacity && channel.Reader.TryRead(out RunChange? change)) changes.Add(change);
            if (changes.Count > 0) yield return changes;
        }
    }

    /// <summary>Listens no more.</summary>
    public void Dispose()
    {
        ended(this);
        Close();
    }

    internal void Publish(RunChange change) => channel.Writer.TryWrite(change);

    internal void Close() => channel.Writer.TryComplete();
}

/// <summary>Sends changes to all who listen. Nobody waits for a listener.</summary>
internal sealed class RunChanges
{
    private ImmutableList<RunSubscription> listeners = [];

    public bool HasListeners => !listeners.IsEmpty;

    public RunSubscription Subscribe()
    {
        var listener = new RunSubscription(ended => ImmutableInterlocked.Update(ref listeners, all => all.Remove(ended)));
        ImmutableInterlocked.Update(ref listeners, all => all.Add(listener));
        return listener;
    }

    public void Publish(RunChange change)
    {
        foreach (RunSubscription listener in listeners) listener.Publish(change);
    }

    /// <summary>Ends what every listener waits for.</summary>
    public void Close()
    {
        foreach (RunSubscription listener in listeners) listener.Close();
    }
}
