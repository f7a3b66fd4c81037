using System.Buffers.Binary;

namespace Unmask.Engine.Data.Tables.Arrow;

/// <summary>Builds the arrays of a batch from its buffers, and checks every number in them that leads somewhere.</summary>
internal static class ArrowArrays
{
    public static ArrowArray Build(ArrowNode node, ArrowBuffers buffers, ArrowDictionaries dictionaries)
    {
        var field = node.Field;
        var length = node.Length;
        if (field.Dictionary is { } number)
        {
            return new DictionaryValues(length, Valid(node, buffers), Numbers(node, 1, field.Index.Width, buffers), field.Index, dictionaries.Of(number), buffers.Budget);
        }

        ArrowArray Child(int i) => Build(node.Children[i], buffers, dictionaries);
        switch (field.Kind)
        {
            case ArrowKind.Null:
                return new NullValues(length);
            case ArrowKind.Bool:
                return new FlagValues(length, Valid(node, buffers), Bits(node, 1, buffers));
            case ArrowKind.Int or ArrowKind.Float or ArrowKind.Decimal or ArrowKind.Date or ArrowKind.Time or ArrowKind.Timestamp or ArrowKind.Interval or ArrowKind.Duration:
                return new NumberValues(length, Valid(node, buffers), Numbers(node, 1, BitsOf(field), buffers), field, BitsOf(field) / 8);
            case ArrowKind.FixedBinary:
                if (field.Width is < 0 or > ExpansionBudget.RecordBytes) throw new InvalidDataException($"column '{field.Name}' has values of {field.Width:N0} bytes");
                return new FixedBytes(length, Valid(node, buffers), Sized(node, 1, (long)length * field.Width, buffers), field, buffers.Budget);
            case ArrowKind.Binary or ArrowKind.Text:
                return new ByteValues(length, Valid(node, buffers), Offsets(node, 1, wide: false, buffers, out var values, buffers.Read(node.Buffers[2])), values, field.Kind == ArrowKind.Text, buffers.Budget);
            case ArrowKind.LargeBinary or ArrowKind.LargeText:
                return new ByteValues(length, Valid(node, buffers), Offsets(node, 1, wide: true, buffers, out var large, buffers.Read(node.Buffers[2])), large, field.Kind == ArrowKind.LargeText, buffers.Budget);
            case ArrowKind.BinaryView or ArrowKind.TextView:
                var more = node.Buffers[2..].Select(buffers.Read).ToArray();
                return new ViewValues(length, Valid(node, buffers), Sized(node, 1, 16L * length, buffers), more, field.Kind == ArrowKind.TextView, buffers.Budget);
            case ArrowKind.Struct:
                return new StructValues(length, Valid(node, buffers), [.. node.Children.Select((child, i) => (child.Field.Name, AtLeast(length, Child(i), field)))], buffers.Budget);
            case ArrowKind.List or ArrowKind.Map:
                var items = Child(0);
                return new ListValues(length, Valid(node, buffers), Offsets(node, 1, wide: false, buffers, items.Length), items, buffers.Budget);
            case ArrowKind.LargeList:
                var many = Child(0);
                return new ListValues(length, Valid(node, buffers), Offsets(node, 1, wide: true, buffers, many.Length), many, buffers.Budget);
            case ArrowKind.ListView or ArrowKind.LargeListView:
                var width = field.Kind == ArrowKind.LargeListView ? 64 : 32;
                return new ListViews(length, Valid(node, buffers), Numbers(node, 1, width, buffers), Numbers(node, 2, width, buffers), width / 8, Child(0), buffers.Budget);
            case ArrowKind.FixedList:
                var inner = Child(0);
                if (field.Width < 0 || (long)field.Width * length > inner.Length) throw new InvalidDataException($"column '{field.Name}' has lists of {field.Width:N0} values and {inner.Length:N0} values in all for {length:N0} rows");
                return new FixedLists(length, Valid(node, buffers), field.Width, inner, buffers.Budget);
            case ArrowKind.Union:
                var kinds = Sized(node, 0, length, buffers);
                var places = field.Unit == 1 ? Numbers(node, 1, 32, buffers) : default;
                return new UnionValues(length, kinds, places, field, [.. node.Children.Select((_, i) => field.Unit == 1 ? Child(i) : AtLeast(length, Child(i), field))]);
            case ArrowKind.RunEndEncoded:
                return RunValues.Build(node, buffers, Child(1));
            default:
                throw new InvalidDataException($"column '{field.Name}' has the unknown type {field.Kind}");
        }
    }

    /// <summary>The bits of values that are there; empty where none is missing.</summary>
    private static ReadOnlyMemory<byte> Valid(ArrowNode node, ArrowBuffers buffers)
    {
        if (node.Nulls == 0) return default;
        if (node.Buffers[0].Length == 0) throw new InvalidDataException($"column '{node.Field.Name}' claims {node.Nulls:N0} nulls and does not say which");
        return Bits(node, 0, buffers);
    }

    private static ReadOnlyMemory<byte> Bits(ArrowNode node, int buffer, ArrowBuffers buffers) => Sized(node, buffer, (node.Length + 7L) / 8, buffers);

    /// <summary>A buffer of numbers, one for each value.</summary>
    internal static ReadOnlyMemory<byte> Numbers(ArrowNode node, int buffer, int bits, ArrowBuffers buffers) =>
        bits is 8 or 16 or 32 or 64 or 128 or 256 ? Sized(node, buffer, (long)node.Length * (bits / 8), buffers) : throw new InvalidDataException($"column '{node.Field.Name}' has numbers of {bits} bits");

    private static ReadOnlyMemory<byte> Sized(ArrowNode node, int buffer, long size, ArrowBuffers buffers)
    {
        var bytes = buffers.Read(node.Buffers[buffer]);
        return bytes.Length >= size ? bytes : throw new InvalidDataException($"column '{node.Field.Name}' has a buffer of {bytes.Length:N0} bytes where {size:N0} are needed");
    }

    private static long[] Offsets(ArrowNode node, int buffer, bool wide, ArrowBuffers buffers, out ReadOnlyMemory<byte> values, ReadOnlyMemory<byte> read)
    {
        values = read;
        return Offsets(node, buffer, wide, buffers, read.Length);
    }

    /// <summary>Where values begin and the last one ends: rising, and inside what they lead into.</summary>
    private static long[] Offsets(ArrowNode node, int buffer, bool wide, ArrowBuffers buffers, int within)
    {
        // Of an array without values some writers leave the offsets out.
        if (node.Length == 0) return [0];
        var bytes = Sized(node, buffer, (node.Length + 1L) * (wide ? 8 : 4), buffers).Span;
        var offsets = new long[node.Length + 1];
        var before = 0L;
        for (var i = 0; i < offsets.Length; i++)
        {
            var offset = wide ? BinaryPrimitives.ReadInt64LittleEndian(bytes[(8 * i)..]) : BinaryPrimitives.ReadInt32LittleEndian(bytes[(4 * i)..]);
            if (offset < before || offset > within) throw new InvalidDataException($"column '{node.Field.Name}' has an offset of {offset:N0} after {before:N0}; offsets rise, here to at most {within:N0}");
            offsets[i] = before = offset;
        }

        return offsets;
    }

    private static ArrowArray AtLeast(int length, ArrowArray child, ArrowField field) =>
        child.Length >= length ? child : throw new InvalidDataException($"column '{field.Name}' has {length:N0} values, but an inner one has {child.Length:N0}");

    private static int BitsOf(ArrowField field) => field.Kind switch
    {
        ArrowKind.Float => 16 << Math.Clamp(field.Unit, 0, 2),
        ArrowKind.Date => field.Unit == 0 ? 32 : 64,
        ArrowKind.Timestamp or ArrowKind.Duration => 64,
        ArrowKind.Interval => field.Unit switch { 0 => 32, 1 => 64, _ => 128 },
        _ => field.Width,
    };
}
