using System.Buffers.Binary;
using System.Text;

namespace Unmask.Engine.Data.Tables.Arrow;

/// <summary>A table of a FlatBuffers message. Every place is checked before it is read, so a damaged message is an <see cref="InvalidDataException"/> and nothing else.</summary>
internal readonly struct FlatTable
{
    private readonly Description description;
    private readonly byte[] bytes;
    private readonly int at;
    private readonly int fields;
    private readonly int fieldsSize;

    private FlatTable(Description description, long at)
    {
        this.description = description;
        bytes = description.Bytes;
        this.at = Place(bytes, at, 4);
        fields = Place(bytes, at - BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(this.at)), 4);
        fieldsSize = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(fields));
        Place(bytes, fields, fieldsSize);
    }

    /// <summary>The table that the message is.</summary>
    public static FlatTable Root(byte[] message) => new(new Description(message), BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(Place(message, 0, 4))));

    public long Int64(int field, long otherwise = 0) => Find(field, 8) is { } place ? BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(place)) : otherwise;

    public int Int32(int field, int otherwise = 0) => Find(field, 4) is { } place ? BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(place)) : otherwise;

    public short Int16(int field, short otherwise = 0) => Find(field, 2) is { } place ? BinaryPrimitives.ReadInt16LittleEndian(bytes.AsSpan(place)) : otherwise;

    public byte Byte(int field) => Find(field, 1) is { } place ? bytes[place] : (byte)0;

    public bool Flag(int field) => Byte(field) != 0;

    public string? Text(int field)
    {
        if (Reference(field) is not { } place) return null;
        var (start, count) = Vector(place, 1);
        return Encoding.UTF8.GetString(bytes, start, count);
    }

    public FlatTable? Table(int field) => Reference(field) is { } place ? new FlatTable(description, place) : null;

    /// <summary>A list of tables; empty where there is none.</summary>
    /// <param name="most">More are a fault.</param>
    public FlatTable[] Tables(int field, int most)
    {
        if (Reference(field) is not { } place) return [];
        var (start, count) = Vector(place, 4);
        if (count > most) throw new InvalidDataException($"its description has {count:N0} fields, at most {most:N0} are read");
        var tables = new FlatTable[count];
        for (var i = 0; i < count; i++) tables[i] = new FlatTable(description, start + (4 * i) + (long)BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(start + (4 * i))));
        return tables;
    }

    /// <summary>The bytes of a list of numbers or structs; empty where there is none.</summary>
    public ReadOnlySpan<byte> Structs(int field, int size)
    {
        if (Reference(field) is not { } place) return [];
        var (start, count) = Vector(place, size);
        return bytes.AsSpan(start, count * size);
    }

    private int? Find(int field, int size)
    {
        var slot = 4 + (2 * field);
        if (slot + 2 > fieldsSize) return null;
        var offset = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(fields + slot));
        return offset == 0 ? null : Place(bytes, at + offset, size);
    }

    private long? Reference(int field) => Find(field, 4) is { } place ? place + (long)BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(place)) : null;

    private (int Start, int Count) Vector(long place, int size)
    {
        var count = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(Place(bytes, place, 4)));
        var start = Place(bytes, place + 4, count * (long)size);
        description.Take(count * (long)size);
        return (start, (int)count);
    }

    private static int Place(byte[] bytes, long place, long size) => place >= 0 && size >= 0 && place <= bytes.Length - size ? (int)place : throw new InvalidDataException("its description is damaged: an offset is out of range");

    /// <summary>The bytes of a message, and how many of them may still be read as texts and lists. References may lie over one another, so that ten thousand of them can stand for one text of a megabyte.</summary>
    private sealed class Description(byte[] bytes)
    {
        /// <summary>Honest descriptions are read once.</summary>
        private const int TimesRead = 16;

        private long left = (long)TimesRead * bytes.Length;

        public byte[] Bytes => bytes;

        public void Take(long count)
        {
            if ((left -= count) < 0) throw new InvalidDataException($"its description of {bytes.Length:N0} bytes refers to the same texts and lists again and again");
        }
    }
}
