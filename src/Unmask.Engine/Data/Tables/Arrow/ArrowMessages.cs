using System.Buffers.Binary;

namespace Unmask.Engine.Data.Tables.Arrow;

/// <summary>A message: its description, and where the bytes that it describes begin.</summary>
internal readonly record struct ArrowMessage(ArrowMessageKind Kind, FlatTable Header, long Body, long BodyLength);

/// <summary>Kinds of messages, by their numbers in the format.</summary>
internal enum ArrowMessageKind : byte
{
    None,
    Schema,
    Dictionary,
    Batch,
}

/// <summary>The messages of an Arrow stream, or of an Arrow file in the order of its footer.</summary>
internal static class ArrowMessages
{
    private const int LongestDescription = 64 << 20;
    private const int BlockSize = 24;
    private static ReadOnlySpan<byte> Magic => "ARROW1"u8;

    /// <param name="stream">The file; it can seek.</param>
    public static IEnumerable<ArrowMessage> Read(Stream stream)
    {
        var head = new byte[6];
        stream.Position = 0;
        return stream.ReadAtLeast(head, 6, throwOnEndOfStream: false) == 6 && head.AsSpan().SequenceEqual(Magic) ? OfFile(stream) : OfStream(stream);
    }

    private static IEnumerable<ArrowMessage> OfStream(Stream stream)
    {
        var any = false;
        for (var at = 0L; MessageAt(stream, at, out var end) is { } message; at = end)
        {
            any = true;
            yield return message;
        }

        if (!any) throw new InvalidDataException("it is empty, or it is no Arrow file");
    }

    private static IEnumerable<ArrowMessage> OfFile(Stream stream)
    {
        var length = stream.Length;
        var tail = new byte[10];
        if (length < 22) throw new InvalidDataException("it ends behind its first bytes");
        StreamBytes.Fill(stream, length - 10, tail);
        var size = BinaryPrimitives.ReadInt32LittleEndian(tail);
        if (!tail.AsSpan(4).SequenceEqual(Magic)) throw new InvalidDataException("its end is missing");
        if (size <= 0 || size > Math.Min(length - 18, LongestDescription)) throw new InvalidDataException($"its footer claims {size:N0} bytes");
        var bytes = new byte[size];
        StreamBytes.Fill(stream, length - 10 - size, bytes);
        var footer = FlatTable.Root(bytes);
        var schema = footer.Table(1) ?? throw new InvalidDataException("its footer has no schema");
        yield return new ArrowMessage(ArrowMessageKind.Schema, schema, 0, 0);
        var starts = new HashSet<long>();
        var claimed = 0L;
        foreach (var place in (long[])[.. PlacesOf(footer, 2), .. PlacesOf(footer, 3)])
        {
            var message = MessageAt(stream, place, out var end);
            // Otherwise a footer of a few bytes a message could name a large one again and again.
            if (!starts.Add(place) || (claimed += end - place) > length) throw new InvalidDataException("its footer names the same bytes for two messages");
            if (message is { } found) yield return found;
        }
    }

    private static long[] PlacesOf(FlatTable footer, int field)
    {
        var blocks = footer.Structs(field, BlockSize);
        var places = new long[blocks.Length / BlockSize];
        for (var i = 0; i < places.Length; i++) places[i] = BinaryPrimitives.ReadInt64LittleEndian(blocks[(i * BlockSize)..]);
        return places;
    }

    /// <summary>The message that begins at a place; null at the end. Older writers leave out the four bytes of ones in front of the length.</summary>
    private static ArrowMessage? MessageAt(Stream stream, long at, out long end)
    {
        end = at;
        var number = new byte[4];
        if (at < 0 || at > stream.Length) throw new InvalidDataException($"a message is to begin at byte {at:N0}, outside the file");
        if (stream.Length - at < 4) return null;
        StreamBytes.Fill(stream, at, number);
        var length = BinaryPrimitives.ReadInt32LittleEndian(number);
        at += 4;
        if (length == -1)
        {
            if (stream.Length - at < 4) return null;
            StreamBytes.Fill(stream, at, number);
            length = BinaryPrimitives.ReadInt32LittleEndian(number);
            at += 4;
        }

        if (length == 0) return null;
        if (length < 0 || length > Math.Min(stream.Length - at, LongestDescription)) throw new InvalidDataException($"the message at byte {at:N0} claims a description of {length:N0} bytes; the file ends before, or it is no Arrow file");
        var bytes = new byte[length];
        StreamBytes.Fill(stream, at, bytes);
        at += length;
        var table = FlatTable.Root(bytes);
        var kind = (ArrowMessageKind)table.Byte(1);
        var body = table.Int64(3);
        if (body < 0 || body > stream.Length - at) throw new InvalidDataException($"the message at byte {at:N0} claims {body:N0} bytes of data; the file ends before");
        end = at + body;
        // Tensors and kinds of the future are passed over.
        return new ArrowMessage(kind, kind == ArrowMessageKind.None ? table : table.Table(2) ?? throw new InvalidDataException("a message has no content"), at, body);
    }
}
