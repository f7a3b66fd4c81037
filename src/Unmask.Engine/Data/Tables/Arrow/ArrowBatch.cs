using System.Buffers.Binary;

namespace Unmask.Engine.Data.Tables.Arrow;

/// <summary>What a batch says of one field: how many values, and where its buffers lie.</summary>
internal sealed record ArrowNode(ArrowField Field, int Length, long Nulls, (long At, long Length)[] Buffers, IReadOnlyList<ArrowNode> Children);

/// <summary>A batch of rows whose columns are read when they are asked for.</summary>
internal sealed class ArrowBatch
{
    private static readonly ArrowField Places = new() { Name = "", Kind = ArrowKind.Int };

    private readonly ArrowNode[] nodes;
    private readonly ArrowArray?[] arrays;
    private readonly ArrowBuffers buffers;
    private readonly ArrowDictionaries dictionaries;

    /// <param name="header">Description of the batch.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="buffers">Where its bytes lie.</param>
    /// <param name="dictionaries">What columns of places refer to.</param>
    public ArrowBatch(FlatTable header, IReadOnlyList<ArrowField> columns, ArrowBuffers buffers, ArrowDictionaries dictionaries)
    {
        this.buffers = buffers;
        this.dictionaries = dictionaries;
        var layout = new Layout(header, buffers.BodyLength);
        nodes = [.. columns.Select(layout.Next)];
        arrays = new ArrowArray?[nodes.Length];
        var length = header.Int64(0);
        if (length is < 0 or > int.MaxValue) throw new InvalidDataException($"a batch claims {length:N0} rows");
        Length = (int)length;
        foreach (var node in nodes)
        {
            if (node.Length != Length) throw new InvalidDataException($"column '{node.Field.Name}' has {node.Length:N0} values in a batch of {Length:N0} rows");
        }
    }

    /// <summary>Rows.</summary>
    public int Length { get; }

    /// <summary>The values of a column. It is read once, at the first call.</summary>
    public ArrowArray Column(int column) => arrays[column] ??= ArrowArrays.Build(nodes[column], buffers, dictionaries);

    /// <summary>Takes nodes and buffers off a batch's lists in the order of its fields.</summary>
    private sealed class Layout
    {
        private readonly (long Length, long Nulls)[] counts;
        private readonly (long At, long Length)[] places;
        private readonly long[] variadic;
        private int count;
        private int place;
        private int views;

        public Layout(FlatTable header, long body)
        {
            counts = Pairs(header.Structs(1, 16));
            places = Pairs(header.Structs(2, 16));
            var numbers = header.Structs(4, 8);
            variadic = new long[numbers.Length / 8];
            for (var i = 0; i < variadic.Length; i++) variadic[i] = BinaryPrimitives.ReadInt64LittleEndian(numbers[(8 * i)..]);
            var total = 0L;
            foreach (var (at, length) in places)
            {
                if (at < 0 || length < 0 || length > body || at > body - length) throw new InvalidDataException($"a buffer of {length:N0} bytes at {at:N0} is outside the {body:N0} bytes of its batch");
                // Buffers do not overlap, so many of them cannot multiply a small file.
                if ((total += length) > body) throw new InvalidDataException("the buffers of a batch overlap");
            }
        }

        public ArrowNode Next(ArrowField field)
        {
            var kind = field.Dictionary is null ? field.Kind : Places.Kind;
            if (count == counts.Length) throw new InvalidDataException($"a batch has too few columns: '{field.Name}' is missing");
            var (length, nulls) = counts[count++];
            if (length is < 0 or > int.MaxValue || nulls < 0 || nulls > length) throw new InvalidDataException($"column '{field.Name}' claims {length:N0} values, {nulls:N0} of them null");
            var take = kind switch
            {
                ArrowKind.Null or ArrowKind.RunEndEncoded => 0,
                ArrowKind.Struct or ArrowKind.FixedList => 1,
                ArrowKind.Union => field.Unit == 1 ? 2 : 1,
                ArrowKind.Binary or ArrowKind.Text or ArrowKind.LargeBinary or ArrowKind.LargeText or ArrowKind.ListView or ArrowKind.LargeListView => 3,
                ArrowKind.BinaryView or ArrowKind.TextView => 2 + Variadic(field),
                _ => 2,
            };
            if (take > places.Length - place) throw new InvalidDataException($"a batch has too few buffers for column '{field.Name}'");
            var own = places[place..(place + take)];
            place += take;
            return new ArrowNode(field, (int)length, nulls, own, field.Dictionary is null ? [.. field.Children.Select(Next)] : []);
        }

        private int Variadic(ArrowField field)
        {
            if (views == variadic.Length || variadic[views] is < 0 || variadic[views] > places.Length) throw new InvalidDataException($"column '{field.Name}' does not say how many buffers it has");
            return (int)variadic[views++];
        }

        private static (long, long)[] Pairs(ReadOnlySpan<byte> bytes)
        {
            var pairs = new (long, long)[bytes.Length / 16];
            for (var i = 0; i < pairs.Length; i++) pairs[i] = (BinaryPrimitives.ReadInt64LittleEndian(bytes[(16 * i)..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[((16 * i) + 8)..]));
            return pairs;
        }
    }
}
