using Unmask.Core.Events;
using Unmask.Core.Storage;

namespace Unmask.Core.Tracking;

/// <summary>
/// Writes a TensorBoard event file. Every call hands a whole record to the system, so a crash loses at most one. A resumed run opens a new
/// file in the same folder and marks the step it starts from; TensorBoard then drops the later points of the old files.
/// </summary>
public sealed class TensorBoardWriter : IDisposable
{
    private const string Version = "brain.Event:2";
    private const int DtString = 7;
    private const int DataClassTensor = 2;
    private const int SessionStart = 1;

    private readonly FileStream file;

    /// <summary>Starts a new event file in <paramref name="folder"/>.</summary>
    /// <param name="folder">The log directory of the run.</param>
    /// <param name="resumedAfterStep">The last step that stays, when a run is resumed; null for a new run.</param>
    /// <param name="clock">For tests; null for the system's.</param>
    /// <exception cref="UserError">The file cannot be made.</exception>
    public TensorBoardWriter(string folder, long? resumedAfterStep = null, TimeProvider? clock = null)
    {
        DateTimeOffset now = (clock ?? TimeProvider.System).GetUtcNow();
        Path = folder;
        try
        {
            Directory.CreateDirectory(folder);
            Path = System.IO.Path.Combine(System.IO.Path.GetFullPath(folder), FileName(folder, now));
            file = new FileStream(Path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            throw StorageFailure.Explain(failure, Path);
        }

        Append(new ProtoWriter().Double(1, Seconds(now)).Text(3, Version));
        if (resumedAfterStep is { } last)
            Append(new ProtoWriter().Double(1, Seconds(now)).Varint(2, last + 1).Message(7, new ProtoWriter().Varint(1, SessionStart)));
    }

    /// <summary>The event file.</summary>
    public string Path { get; }

    /// <summary>Adds points to curves.</summary>
    public void Scalars(DateTimeOffset time, long step, params IReadOnlyList<(string Tag, double Value)> values)
    {
        if (values.Count == 0) return;
        var summary = new ProtoWriter();
        foreach ((string tag, double value) in values) summary.Message(1, new ProtoWriter().Text(1, tag).Float(2, (float)value));
        Append(new ProtoWriter().Double(1, Seconds(time)).Varint(2, step).Message(5, summary));
    }

    /// <summary>Adds a text (Markdown); by convention the tag ends in <c>/text_summary</c>.</summary>
    public void Text(DateTimeOffset time, long step, string tag, string text)
    {
        ProtoWriter shape = new ProtoWriter().Message(2, new ProtoWriter().Varint(1, 1));
        ProtoWriter tensor = new ProtoWriter().Varint(1, DtString).Message(2, shape).Text(8, text);
        ProtoWriter metadata = new ProtoWriter().Message(1, new ProtoWriter().Text(1, "text")).Varint(4, DataClassTensor);
        ProtoWriter value = new ProtoWriter().Text(1, tag).Message(8, tensor).Message(9, metadata);
        Append(new ProtoWriter().Double(1, Seconds(time)).Varint(2, step).Message(5, new ProtoWriter().Message(1, value)));
    }

    /// <summary>Adds histograms.</summary>
    internal void Histograms(DateTimeOffset time, long step, IEnumerable<(string Tag, WeightHistogram Histogram)> histograms)
    {
        var summary = new ProtoWriter();
        foreach ((string tag, WeightHistogram one) in histograms)
        {
            double width = (one.High - one.Low) / one.Counts.Count;
            ProtoWriter spread = new ProtoWriter().Double(1, one.Low).Double(2, one.High).Double(3, one.Counts.Sum()).Double(4, one.Sum).Double(5, one.SumOfSquares)
                .Packed(6, one.Counts.Select((_, i) => i == one.Counts.Count - 1 ? one.High : one.Low + ((i + 1) * width))).Packed(7, one.Counts.Select(count => (double)count));
            summary.Message(1, new ProtoWriter().Text(1, tag).Message(5, spread));
        }

        Append(new ProtoWriter().Double(1, Seconds(time)).Varint(2, step).Message(5, summary));
    }

    /// <summary>Adds what a plug-in of TensorBoard reads from a value's description.</summary>
    /// <param name="time">When.</param>
    /// <param name="tag">Its tag.</param>
    /// <param name="plugin">The plug-in's name.</param>
    /// <param name="content">Its own message.</param>
    internal void Plugin(DateTimeOffset time, string tag, string plugin, ProtoWriter content)
    {
        ProtoWriter metadata = new ProtoWriter().Message(1, new ProtoWriter().Text(1, plugin).Message(2, content));
        Append(new ProtoWriter().Double(1, Seconds(time)).Message(5, new ProtoWriter().Message(1, new ProtoWriter().Text(1, tag).Message(9, metadata))));
    }

    public void Dispose() => file.Dispose();

    /// <summary>TensorBoard reads the files of a folder in the order of their names, so a later file never gets an earlier time.</summary>
    private static string FileName(string folder, DateTimeOffset now)
    {
        long time = now.ToUnixTimeSeconds();
        foreach (string earlier in Directory.EnumerateFiles(folder, "*.tfevents.*"))
        {
            string[] parts = System.IO.Path.GetFileName(earlier).Split('.');
            int at = Array.IndexOf(parts, "tfevents");
            if (at + 1 < parts.Length && long.TryParse(parts[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out long taken)) time = Math.Max(time, taken + 1);
        }

        return string.Create(CultureInfo.InvariantCulture, $"events.out.tfevents.{time:D10}.{Environment.MachineName}.{Environment.ProcessId}.0");
    }

    private static double Seconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).TotalSeconds;

    private void Append(ProtoWriter happened)
    {
        try
        {
            file.Write(TensorBoardRecord.Frame(happened.Written));
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            throw StorageFailure.Explain(failure, Path);
        }
    }
}
