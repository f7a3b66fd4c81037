using System.Text;

namespace Unmask.Engine.Data.Tables.Parquet;

/// <summary>Types of Thrift's compact protocol.</summary>
internal enum ThriftType : byte
{
    Stop,
    True,
    False,
    Byte,
    Int16,
    Int32,
    Int64,
    Double,
    Binary,
    List,
    Set,
    Map,
    Struct,
    Uuid,
}

/// <summary>Reads Thrift's compact protocol. Every length is checked against what is left.</summary>
/// <param name="bytes">What is read.</param>
/// <param name="length">How many of the bytes are there.</param>
internal sealed class ThriftReader(byte[] bytes, int length)
{
    private const int Deepest = 64;

    /// <summary>Bytes read so far.</summary>
    public int Position { get; private set; }

    /// <summary>Calls <paramref name="field"/> with the number and type of each field of a struct; what it does not read (returns false) is passed over.</summary>
    public void Struct(Func<int, ThriftType, bool> field)
    {
        var id = 0;
        while (true)
        {
            var head = Byte();
            var type = (ThriftType)(head & 15);
            if (type == ThriftType.Stop) return;
            id = head >> 4 is > 0 and var step ? id + step : (int)Int();
            if (!field(id, type)) Skip(type, 0);
        }
    }

    /// <summary>Calls <paramref name="element"/> for each element of a list of structs.</summary>
    public void List(Action element)
    {
        var (count, type) = ListHead();
        if (type != ThriftType.Struct && count > 0) throw Damaged("a list holds something else than it should");
        for (var i = 0; i < count; i++) element();
    }

    public long Int()
    {
        var value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>A number that must fit.</summary>
    public int Int32()
    {
        var value = Int();
        return value is >= int.MinValue and <= int.MaxValue ? (int)value : throw Damaged($"a number is {value}");
    }

    public string Text()
    {
        var size = Size();
        var text = Encoding.UTF8.GetString(bytes, Position, size);
        Position += size;
        return text;
    }

    private void Skip(ThriftType type, int depth)
    {
        if (depth > Deepest) throw Damaged("it is nested too deep");
        switch (type)
        {
            case ThriftType.True or ThriftType.False:
                break;
            case ThriftType.Byte:
                Byte();
                break;
            case ThriftType.Int16 or ThriftType.Int32 or ThriftType.Int64:
                Varint();
                break;
            case ThriftType.Double:
                Pass(8);
                break;
            case ThriftType.Uuid:
                Pass(16);
                break;
            case ThriftType.Binary:
                Pass(Size());
                break;
            case ThriftType.List or ThriftType.Set:
                var (count, element) = ListHead();
                for (var i = 0; i < count; i++) SkipElement(element, depth);
                break;
            case ThriftType.Map:
                var pairs = Count(Varint());
                if (pairs == 0) break;
                var kinds = Byte();
                for (var i = 0; i < pairs; i++)
                {
                    SkipElement((ThriftType)(kinds >> 4), depth);
                    SkipElement((ThriftType)(kinds & 15), depth);
                }

                break;
            case ThriftType.Struct:
                while (true)
                {
                    var head = Byte();
                    if ((head & 15) == 0) return;
                    if (head >> 4 == 0) Varint();
                    Skip((ThriftType)(head & 15), depth + 1);
                }

            default:
                throw Damaged($"a field is of the unknown type {(int)type}");
        }
    }

    /// <summary>Truth values take a byte in lists and maps, and none as fields.</summary>
    private void SkipElement(ThriftType type, int depth)
    {
        if (type is ThriftType.True or ThriftType.False) Byte();
        else Skip(type, depth + 1);
    }

    private (int Count, ThriftType Type) ListHead()
    {
        var head = Byte();
        return (Count(head >> 4 == 15 ? Varint() : (ulong)(head >> 4)), (ThriftType)(head & 15));
    }

    /// <summary>Each element takes a byte at least.</summary>
    private int Count(ulong count) => count <= (ulong)(length - Position) ? (int)count : throw Damaged($"a list claims {count:N0} elements");

    private int Size() => Varint() is var size && size <= (ulong)(length - Position) ? (int)size : throw Damaged($"a text claims {size:N0} bytes");

    private void Pass(int size)
    {
        if (size > length - Position) throw new EndOfStreamException("its description ends too early");
        Position += size;
    }

    private byte Byte() => Position < length ? bytes[Position++] : throw new EndOfStreamException("its description ends too early");

    private ulong Varint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            var part = Byte();
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return value;
        }

        throw Damaged("a number does not end");
    }

    private Exception Damaged(string what) => Partial ? new EndOfStreamException(what) : new InvalidDataException($"its description is damaged: {what}");

    /// <summary>Set where more bytes would follow, so that every fault may only mean that they are needed.</summary>
    public bool Partial { get; init; }
}
