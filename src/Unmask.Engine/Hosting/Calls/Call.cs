using System.Diagnostics;
using Unmask.Core.Protocol;
using Unmask.Core.Protocol.Client;

namespace Unmask.Engine.Hosting.Calls;

/// <summary>One request at work: how to tell of it, and whether it shall go on.</summary>
/// <param name="id">Its number.</param>
/// <param name="send">Sends a reply.</param>
/// <param name="stop">Cancelled when nobody wants the answer any more.</param>
public sealed class Call(long id, Action<EngineReply> send, CancellationToken stop)
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50);

    private string? lastPhase;
    private long lastReport;

    /// <summary>Cancelled when nobody wants the answer any more.</summary>
    public CancellationToken Stop => stop;

    /// <summary>Tells how far it is. Of many reports in the same phase some twenty a second are sent, and the one that says that all is done.</summary>
    public void Report(EngineProgress progress)
    {
        var isLast = progress.Done is { } done && done == progress.Total;
        if (progress.Phase == lastPhase && !isLast && Stopwatch.GetElapsedTime(lastReport) < ShortestPause) return;
        (lastPhase, lastReport) = (progress.Phase, Stopwatch.GetTimestamp());
        send(new EngineReply { Id = id, Progress = progress });
    }

    /// <summary>Sends a piece of the answer.</summary>
    public void Send(object frame) => send(new EngineReply { Id = id, Frame = frame });
}
