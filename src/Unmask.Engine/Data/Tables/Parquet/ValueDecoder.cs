using System.Buffers.Binary;
using System.Text.Json.Nodes;

namespace Unmask.Engine.Data.Tables.Parquet;

/// <summary>The values of a page, one after another.</summary>
internal abstract class ValueDecoder
{
    /// <summary>The next value.</summary>
    /// <exception cref="InvalidDataException">The page holds no more.</exception>
    public abstract JsonNode? Next();

    /// <param name="encoding">Number of the encoding.</param>
    /// <param name="bytes">The values.</param>
    /// <param name="leaf">What they mean.</param>
    /// <param name="dictionary">What the column's values are places in; null for none.</param>
    /// <param name="most">Values that the page can hold.</param>
    public static ValueDecoder Of(int encoding, ReadOnlyMemory<byte> bytes, LeafValue leaf, LeafDictionary? dictionary, int most)
    {
        switch (encoding, leaf.Physical)
        {
            case (0, PhysicalType.Boolean):
                return new Flags(bytes);
            case (0, _):
                return new Plain(bytes, leaf);
            case (2 or 8, _):
                return new Places(bytes, dictionary);
            case (3, PhysicalType.Boolean):
                return new Runs(bytes);
            case (5, PhysicalType.Int32 or PhysicalType.Int64):
                return bytes.IsEmpty ? new Plain(bytes, leaf) : new Differences(bytes, leaf);
            case (6, PhysicalType.Bytes):
                return bytes.IsEmpty ? new Plain(bytes, leaf) : new Lengths(bytes, leaf, most);
            case (7, PhysicalType.Bytes or PhysicalType.FixedBytes):
                return bytes.IsEmpty ? new Plain(bytes, leaf) : new Prefixes(bytes, leaf, most);
            case (9, PhysicalType.Int32 or PhysicalType.Int64 or PhysicalType.Float or PhysicalType.Double or PhysicalType.FixedBytes):
                return new Split(bytes, leaf);
            default:
                throw new InvalidDataException($"a page is written in a way (number {encoding}) that values of its type are not read in");
        }
    }

    private static InvalidDataException Ended() => new("a page ends within its values");

    private sealed class Flags(ReadOnlyMemory<byte> bits) : ValueDecoder
    {
        private long at;

        public override JsonNode? Next() => at >> 3 < bits.Length ? CellValue.Of((bits.Span[(int)(at >> 3)] >> (int)(at++ & 7) & 1) != 0) : throw Ended();
    }

    private sealed class Runs : ValueDecoder
    {
        private readonly BitRuns runs;

        public Runs(ReadOnlyMemory<byte> bytes)
        {
            if (bytes.Length < 4) throw Ended();
            var size = BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span);
            runs = new BitRuns(size <= bytes.Length - 4 ? bytes.Slice(4, (int)size) : throw Ended(), 1);
        }

        public override JsonNode? Next() => CellValue.Of(runs.Next() != 0);
    }

    private sealed class Plain(ReadOnlyMemory<byte> bytes, LeafValue leaf) : ValueDecoder
    {
        private int at;

        public override JsonNode? Next()
        {
            var span = bytes.Span;
            var size = leaf.Size;
            if (size == 0)
            {
                if (span.Length - at < 4) throw Ended();
                size = BinaryPrimitives.ReadInt32LittleEndian(span[at..]);
                at += 4;
            }

            if (size < 0 || size > span.Length - at) throw Ended();
            var value = span.Slice(at, size);
            at += size;
            return leaf.Size == 0 ? leaf.OfBytes(value) : leaf.OfFixed(value);
        }
    }

    private sealed class Places(ReadOnlyMemory<byte> bytes, LeafDictionary? dictionary) : ValueDecoder
    {
        private readonly BitRuns places = new(bytes.IsEmpty ? bytes : bytes[1..], bytes.IsEmpty ? 0 : bytes.Span[0]);

        // A page of nulls alone needs no dictionary.
        public override JsonNode? Next() => dictionary is null ? throw new InvalidDataException("a page refers to a dictionary that is missing") : dictionary.Value(places.Next());
    }

    private sealed class Differences(ReadOnlyMemory<byte> bytes, LeafValue leaf) : ValueDecoder
    {
        private readonly DeltaNumbers numbers = new(bytes);

        public override JsonNode? Next() => leaf.OfInt(leaf.Physical == PhysicalType.Int32 ? unchecked((int)numbers.Next()) : numbers.Next());
    }

    /// <summary>All lengths, then all bytes.</summary>
    private sealed class Lengths : ValueDecoder
    {
        private readonly LeafValue? leaf;
        private readonly ReadOnlyMemory<byte> bytes;
        private readonly int[] lengths;
        private int next;
        private int at;

        public Lengths(ReadOnlyMemory<byte> bytes, LeafValue? leaf, int most)
        {
            this.leaf = leaf;
            var numbers = new DeltaNumbers(bytes);
            if (numbers.Count > most) throw new InvalidDataException($"a page of {most:N0} values has {numbers.Count:N0} lengths");
            lengths = new int[numbers.Count];
            for (var i = 0; i < lengths.Length; i++) lengths[i] = numbers.Next() is var length and >= 0 and <= int.MaxValue ? (int)length : throw new InvalidDataException("a text has no possible length");
            this.bytes = bytes[numbers.Position..];
        }

        public override JsonNode? Next() => leaf!.OfBytes(NextBytes());

        public ReadOnlySpan<byte> NextBytes()
        {
            if (next == lengths.Length || lengths[next] > bytes.Length - at) throw Ended();
            var value = bytes.Span.Slice(at, lengths[next]);
            at += lengths[next++];
            return value;
        }
    }

    /// <summary>Each value by how much of the one before it begins with, and the rest.</summary>
    private sealed class Prefixes : ValueDecoder
    {
        private readonly LeafValue leaf;
        private readonly int[] shared;
        private readonly Lengths rest;
        private readonly List<byte> value = [];
        private int next;

        public Prefixes(ReadOnlyMemory<byte> bytes, LeafValue leaf, int most)
        {
            this.leaf = leaf;
            var numbers = new DeltaNumbers(bytes);
            if (numbers.Count > most) throw new InvalidDataException($"a page of {most:N0} values has {numbers.Count:N0} beginnings");
            shared = new int[numbers.Count];
            for (var i = 0; i < shared.Length; i++) shared[i] = numbers.Next() is var length and >= 0 and <= int.MaxValue ? (int)length : throw new InvalidDataException("a text has no possible beginning");
            rest = new Lengths(bytes[numbers.Position..], null, most);
        }

        public override JsonNode? Next()
        {
            if (next == shared.Length || shared[next] > value.Count) throw Ended();
            value.RemoveRange(shared[next], value.Count - shared[next]);
            next++;
            value.AddRange(rest.NextBytes());
            var bytes = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(value);
            if (leaf.Size > 0 && bytes.Length != leaf.Size) throw new InvalidDataException($"a value of {leaf.Size} bytes has {bytes.Length}");
            return leaf.OfBytes(bytes);
        }
    }

    /// <summary>The first bytes of all values, then the second ones.</summary>
    private sealed class Split : ValueDecoder
    {
        private readonly ReadOnlyMemory<byte> bytes;
        private readonly LeafValue leaf;
        private readonly int count;
        private readonly byte[] value;
        private int next;

        public Split(ReadOnlyMemory<byte> bytes, LeafValue leaf)
        {
            this.bytes = bytes;
            this.leaf = leaf;
            count = bytes.Length / leaf.Size;
            value = new byte[leaf.Size];
        }

        public override JsonNode? Next()
        {
            if (next == count) throw Ended();
            var span = bytes.Span;
            for (var i = 0; i < value.Length; i++) value[i] = span[(i * count) + next];
            next++;
            return leaf.OfFixed(value);
        }
    }
}
