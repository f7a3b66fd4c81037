using System.Buffers;
using Unmask.Core.Storage;

namespace Unmask.Core.Events;

/// <summary>
/// The file <c>events.jsonl</c> of a run: one line an event, handed to the system at once, so that a killed process loses none that it had
/// written. One process writes; any number may read.
/// </summary>
public sealed class EventLog : IEventSink, IDisposable
{
    private readonly FileStream file;
    private readonly Lock gate = new();

    private EventLog(string path, FileMode mode)
    {
        Path = System.IO.Path.GetFullPath(path);
        try
        {
            // No buffer of our own: a line is either in the system's hands or not written.
            file = new FileStream(Path, mode, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
            file.SetLength(WholeLines(file));
            file.Seek(0, SeekOrigin.End);
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            file?.Dispose();
            throw StorageFailure.Explain(failure, Path);
        }
    }

    public string Path { get; }

    /// <summary>Bytes written so far: the place where the next event starts.</summary>
    public long Position
    {
        get
        {
            lock (gate) return file.Position;
        }
    }

    /// <summary>Starts a new log.</summary>
    /// <exception cref="UserError">The file exists already or cannot be made.</exception>
    public static EventLog Create(string path) => new(path, FileMode.CreateNew);

    /// <summary>Goes on with a log; a torn last line (of a process that was killed while writing) is cut off.</summary>
    public static EventLog Append(string path) => new(path, FileMode.OpenOrCreate);

    /// <summary>
    /// Goes on with a log from a checkpoint. Events after <paramref name="position"/> are cut away, since the resumed run makes them again;
    /// what stays of them is the record of earlier interruptions and of the checkpoint itself. Then a <see cref="RunResumed"/> is written.
    /// The old file is whole until the new one is.
    /// </summary>
    /// <param name="path">The log.</param>
    /// <param name="position">Where the log stood when the checkpoint was made; 0 to start over.</param>
    /// <param name="checkpoint">The checkpoint's own event, written again if the process died before it was; null to start over.</param>
    public static EventLog Resume(string path, long position, CheckpointSaved? checkpoint)
    {
        byte[] all = File.Exists(path) ? InputFile.ReadBytes(path, Array.MaxLength) : [];
        int keep = all.AsSpan(0, (int)Math.Min(position, all.Length)).LastIndexOf((byte)'\n') + 1;
        var kept = new ArrayBufferWriter<byte>(keep + 1024);
        kept.Write(all.AsSpan(0, keep));
        (int cut, long? lastStep, bool hasCheckpoint) = (0, null, false);
        foreach (ReadOnlyMemory<byte> line in Lines(all.AsMemory(keep)))
        {
            RunEvent? happened = EventFormat.FromLine(line.Span);
            bool stays = happened is RunResumed;
            if (happened is CheckpointSaved saved && saved.Step == checkpoint?.Step && !hasCheckpoint) stays = hasCheckpoint = true;
            if (happened is StepLogged step) lastStep = Math.Max(lastStep ?? 0, step.Step);
            if (stays)
            {
                kept.Write(line.Span);
                kept.Write("\n"u8);
            }
            else
            {
                cut++;
            }
        }

        Durable.WriteFile(path, kept.WrittenSpan);
        EventLog log = Append(path);
        if (checkpoint is not null && !hasCheckpoint) log.Write(checkpoint);
        log.Write(new RunResumed(checkpoint?.Step ?? 0, checkpoint?.Path ?? "", lastStep, cut));
        return log;
    }

    public void Write(RunEvent happened)
    {
        byte[] line = EventFormat.ToLine(happened);
        lock (gate)
        {
            long start = file.Position;
            try
            {
                file.Write(line);
            }
            catch (Exception failure) when (StorageFailure.IsStorage(failure))
            {
                TakeBack(start);
                throw StorageFailure.Explain(failure, Path);
            }
        }
    }

    /// <summary>
    /// Writes the last event of a process that is about to end while another thread may still work: no later event gets in. Does nothing when the
    /// log is closed already.
    /// </summary>
    /// <returns>Whether it was written.</returns>
    public bool WriteLast(RunEvent happened)
    {
        // Held for good: whoever writes after this waits for the end of the process.
        gate.Enter();
        if (!file.CanWrite)
        {
            gate.Exit();
            return false;
        }

        file.Write(EventFormat.ToLine(happened));
        return true;
    }

    /// <summary>Brings everything to the disk itself; done at each checkpoint.</summary>
    public void Sync()
    {
        lock (gate)
        {
            try
            {
                file.Flush(flushToDisk: true);
            }
            catch (Exception failure) when (StorageFailure.IsStorage(failure))
            {
                throw StorageFailure.Explain(failure, Path);
            }
        }
    }

    public void Dispose()
    {
        lock (gate) file.Dispose();
    }

    /// <summary>Reads all whole events of a log that may still be written; a torn last line is left out.</summary>
    /// <returns>Nothing when there is no such file.</returns>
    public static IReadOnlyList<RunEvent> Read(string path)
    {
        if (!File.Exists(path)) return [];
        return [.. Lines(InputFile.ReadBytes(path, Array.MaxLength)).Select(line => EventFormat.FromLine(line.Span)).OfType<RunEvent>()];
    }

    /// <summary>The lines that end in a line feed, without it.</summary>
    private static IEnumerable<ReadOnlyMemory<byte>> Lines(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Span.IndexOf((byte)'\n') is var end and >= 0)
        {
            if (end > 0) yield return bytes[..end];
            bytes = bytes[(end + 1)..];
        }
    }

    private static long WholeLines(FileStream file)
    {
        var block = new byte[4096];
        for (long end = file.Length; end > 0;)
        {
            int size = (int)Math.Min(block.Length, end);
            file.Seek(end - size, SeekOrigin.Begin);
            file.ReadExactly(block, 0, size);
            int newline = block.AsSpan(0, size).LastIndexOf((byte)'\n');
            if (newline >= 0) return end - size + newline + 1;
            end -= size;
        }

        return 0;
    }

    private void TakeBack(long start)
    {
        try
        {
            file.SetLength(start);
            file.Seek(start, SeekOrigin.Begin);
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            // The torn line stays; every reader leaves it out, and the next writer cuts it off.
        }
    }
}
