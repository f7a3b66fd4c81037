using System.IO.Hashing;

namespace Unmask.Core.Events;

/// <summary>A place in an event log between two events, which is known again although the log may have been set back since.</summary>
/// <param name="Offset">Bytes before it.</param>
/// <param name="Check">A hash of the bytes right before it.</param>
public readonly record struct LogPlace(long Offset, ulong Check);

/// <summary>An event and the place right after it.</summary>
public readonly record struct PlacedEvent(LogPlace After, RunEvent Event);

/// <summary>What was read of a log in one go.</summary>
/// <param name="WasSetBack">The log no longer holds what was read before: the events are those from its start.</param>
/// <param name="Events">New whole events, in order.</param>
/// <param name="IsAll">Nothing more was there.</param>
public readonly record struct TailPart(bool WasSetBack, IReadOnlyList<PlacedEvent> Events, bool IsAll);

/// <summary>
/// Follows an event log that another process writes, from any place in it. A log can be set back (<see cref="EventLog.Resume"/>): then the bytes
/// before the place are others, or fewer, and reading starts over. Not for several threads at once.
/// </summary>
/// <param name="path">The file <c>events.jsonl</c>; it need not exist yet.</param>
/// <param name="from">Where to go on; default for the start.</param>
public sealed class EventTail(string path, LogPlace from = default)
{
    private const int CheckedBytes = 256;
    private const int PartBytes = 1 << 20;

    /// <summary>No event is longer; whoever writes on for ever without an end of line is not followed for ever.</summary>
    private const int LongestLine = 128 << 20;

    /// <summary>Up to where it has read.</summary>
    public LogPlace Place { get; private set; } = from;

    /// <summary>Reads what was added, about a megabyte at a time. A torn last line is left for the next time.</summary>
    /// <exception cref="UserError">It is no regular file, cannot be read, or holds a line without end.</exception>
    public TailPart Read()
    {
        try
        {
            if (!File.Exists(path))
            {
                bool hadSome = Place.Offset > 0;
                Place = default;
                return new(hadSome, [], true);
            }

            using var file = Open(path);
            bool setBack = !Holds(file, Place);
            if (setBack) Place = default;
            (List<PlacedEvent> events, bool all) = ReadFrom(file);
            return new(setBack, events, all);
        }
        catch (UserError) when (!Path.Exists(path))
        {
            // It was set back between the two looks.
            return new(false, [], true);
        }
    }

    /// <summary>Whether the log still has that place.</summary>
    public static bool Holds(string path, LogPlace place)
    {
        if (!File.Exists(path)) return place.Offset == 0;
        using var file = Open(path);
        return Holds(file, place);
    }

    /// <summary>The place after the last whole event that the log has now.</summary>
    public static LogPlace EndOf(string path)
    {
        if (!File.Exists(path)) return default;
        using var file = Open(path);
        long length = file.Length;
        for (long size = Math.Min(length, 4 * CheckedBytes); size > 0; size = Wider(size, length))
        {
            var bytes = new byte[size];
            file.Position = length - size;
            file.ReadExactly(bytes);
            int end = bytes.AsSpan().LastIndexOf((byte)'\n') + 1;
            if (end >= CheckedBytes || size == length || size == LongestLine) return end == 0 ? default : new(length - size + end, XxHash64.HashToUInt64(bytes.AsSpan(0, end)[Math.Max(0, end - CheckedBytes)..]));
        }

        return default;
    }

    /// <summary>Why a log cannot be read, in a sentence; null when it can, or is not there yet.</summary>
    public static string? Fault(string path)
    {
        try
        {
            if (Path.Exists(path)) Open(path).Dispose();
            return null;
        }
        catch (UserError unreadable)
        {
            return unreadable.Message;
        }
    }

    /// <exception cref="UserError">It is no regular file, or cannot be read.</exception>
    private static FileStream Open(string path) => InputFile.Open(path);

    private static bool Holds(FileStream file, LogPlace place)
    {
        if (place.Offset == 0) return true;
        if (file.Length < place.Offset) return false;
        var before = new byte[(int)Math.Min(CheckedBytes, place.Offset)];
        file.Position = place.Offset - before.Length;
        return file.ReadAtLeast(before, before.Length, throwOnEndOfStream: false) == before.Length && XxHash64.HashToUInt64(before) == place.Check;
    }

    private (List<PlacedEvent> Events, bool All) ReadFrom(FileStream file)
    {
        long start = Place.Offset;
        long left = file.Length - start;
        List<PlacedEvent> events = [];
        if (left <= 0) return (events, true);

        // The bytes before the start are read too, to check the first events by.
        int known = (int)Math.Min(CheckedBytes, start);
        for (long size = Math.Min(left, PartBytes); ; size = Wider(size, left))
        {
            var bytes = new byte[known + size];
            file.Position = start - known;
            int read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            Take(bytes.AsSpan(0, read), known, start - known, events);
            if (Place.Offset > start || size == left || read < bytes.Length) return (events, size == left);
            if (size == LongestLine) throw new UserError($"{path} holds a line of more than {LongestLine >> 20} MiB, which is no event. Remove that line, or the file.");
        }
    }

    private static long Wider(long size, long all) => Math.Min(all, Math.Min(size * 4, LongestLine));

    private void Take(ReadOnlySpan<byte> bytes, int known, long bytesStart, List<PlacedEvent> events)
    {
        for (int line = known; bytes[line..].IndexOf((byte)'\n') is var length and >= 0;)
        {
            int end = line + length + 1;
            int checkFrom = Math.Max(0, end - CheckedBytes);
            Place = new(bytesStart + end, XxHash64.HashToUInt64(bytes[checkFrom..end]));
            if (EventFormat.FromLine(bytes.Slice(line, length)) is { } happened) events.Add(new(Place, happened));
            line = end;
        }
    }
}
