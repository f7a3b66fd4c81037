namespace Unmask.Core.Events;

/// <summary>Somewhere that events of a run go: its file, the terminal, TensorBoard.</summary>
public interface IEventSink
{
    /// <summary>Takes one event. Called from one thread at a time.</summary>
    void Write(RunEvent happened);
}

/// <summary>Hands each event to several sinks, in order.</summary>
public sealed class EventFanOut(params IEnumerable<IEventSink> sinks) : IEventSink
{
    private readonly IEventSink[] sinks = [.. sinks];
    private readonly Lock gate = new();

    public void Write(RunEvent happened)
    {
        lock (gate)
        {
            foreach (IEventSink sink in sinks) sink.Write(happened);
        }
    }
}
