using Unmask.Core.Events;

namespace Unmask.Cli.Work;

/// <summary>
/// Tells the downloads before a run in the run's own events, about once a second, so that who watches it sees how far they are. The run itself begins that file anew;
/// one that has begun has nothing to download.
/// </summary>
/// <param name="path">Its <c>events.jsonl</c>.</param>
internal sealed class DownloadEvents(string path) : IEventSink, IDisposable
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);

    private EventLog? log;
    private DateTimeOffset told;

    public void Write(RunEvent happened)
    {
        if (happened is not PhaseChanged phase || (phase.Time - told < Between && phase.Done != phase.Total)) return;
        told = phase.Time;
        (log ??= EventLog.Append(path)).Write(phase);
    }

    public void Dispose()
    {
        if (log is null) return;
        log.Dispose();
        File.Delete(path);
    }
}
