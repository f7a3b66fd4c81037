using System.Runtime.ExceptionServices;

namespace Unmask.Core.Events;

/// <summary>Somewhere that events of a run go: its file, the terminal, TensorBoard.</summary>
public interface IEventSink
{
    /// <summary>Takes one event. Called from one thread at a time.</summary>
    void Write(RunEvent happened);
}

/// <summary>Hands each event to several sinks, in order. One that fails keeps it from no other: its failure is thrown when all have it.</summary>
public sealed class EventFanOut(params IEnumerable<IEventSink> sinks) : IEventSink
{
    private readonly IEventSink[] sinks = [.. sinks];
    private readonly Lock gate = new();

    public void Write(RunEvent happened)
    {
        ExceptionDispatchInfo? first = null;
        lock (gate)
        {
            foreach (IEventSink sink in sinks)
            {
                try
                {
                    sink.Write(happened);
                }
                catch (Exception failure)
                {
                    first ??= ExceptionDispatchInfo.Capture(failure);
                }
            }
        }

        first?.Throw();
    }
}
