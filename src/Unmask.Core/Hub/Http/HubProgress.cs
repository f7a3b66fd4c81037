using System.Diagnostics;

namespace Unmask.Core.Hub.Http;

/// <summary>How far a download is.</summary>
/// <param name="Bytes">Bytes that are here, of those that were missing at its start.</param>
/// <param name="TotalBytes">Bytes that were missing.</param>
/// <param name="Files">Files that are whole.</param>
/// <param name="TotalFiles">Files in all.</param>
/// <param name="BytesPerSecond">Of the last seconds; null at the start.</param>
public sealed record HubProgress(long Bytes, long TotalBytes, int Files, int TotalFiles, double? BytesPerSecond)
{
    /// <summary>The time that is left at this rate; null where there is no rate.</summary>
    public TimeSpan? Left => BytesPerSecond is > 0 and var rate ? TimeSpan.FromSeconds(Math.Min(1e8, (TotalBytes - Bytes) / rate)) : null;
}

/// <summary>Counts what passes in several threads, and tells it a few times a second.</summary>
internal sealed class HubMeter(long totalBytes, int totalFiles, Action<HubProgress> tell)
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private readonly Queue<(TimeSpan At, long Bytes)> marks = [];
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private TimeSpan told = -Between;
    private long bytes;
    private long arrived;
    private int files;

    /// <summary>Takes so many bytes more; of a begun part, or taken back, they do not count for the rate.</summary>
    public void Pass(long more, bool fromNetwork)
    {
        lock (gate)
        {
            bytes += more;
            if (fromNetwork) arrived += more;
            Tell(always: false);
        }
    }

    /// <summary>A file is whole.</summary>
    public void Finish()
    {
        lock (gate)
        {
            files++;
            Tell(always: files == totalFiles);
        }
    }

    private void Tell(bool always)
    {
        var now = clock.Elapsed;
        if (!always && now - told < Between) return;
        told = now;
        marks.Enqueue((now, arrived));
        while (marks.Count > 2 && now - marks.Peek().At > Window) marks.Dequeue();
        var (at, then) = marks.Peek();
        tell(new HubProgress(bytes, totalBytes, files, totalFiles, now - at > TimeSpan.FromMilliseconds(100) ? (arrived - then) / (now - at).TotalSeconds : null));
    }
}
