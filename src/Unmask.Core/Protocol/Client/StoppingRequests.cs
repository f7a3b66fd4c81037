namespace Unmask.Core.Protocol.Client;

/// <summary>Requests that were cancelled and whose work has not ended yet. When one takes too long, its process is to be ended.</summary>
/// <param name="patience">Time that each has.</param>
/// <param name="late">Called with the operation that does not end; on a thread of the pool.</param>
internal sealed class StoppingRequests(TimeSpan? patience, Action<EngineConnection, string> late) : IDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<long, Timer> timers = [];

    /// <summary>A request was cancelled.</summary>
    public void Add(EngineConnection engine, long id, string operation)
    {
        if (patience is not { } time) return;
        lock (gate)
        {
            timers[id] = new Timer(
                _ =>
                {
                    if (Remove(id)) late(engine, operation);
                },
                null,
                time,
                Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Its work ended.</summary>
    /// <returns>Whether it was waited for.</returns>
    public bool Remove(long id)
    {
        lock (gate)
        {
            if (!timers.Remove(id, out var timer)) return false;
            timer.Dispose();
            return true;
        }
    }

    /// <summary>The process is gone, and all work with it.</summary>
    public void Clear()
    {
        lock (gate)
        {
            foreach (var timer in timers.Values) timer.Dispose();
            timers.Clear();
        }
    }

    public void Dispose() => Clear();
}
