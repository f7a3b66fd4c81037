namespace Unmask.Engine.Data.Tables.Parquet;

/// <summary>Whole numbers as differences, packed in blocks (the format's DELTA_BINARY_PACKED).</summary>
internal sealed class DeltaNumbers
{
    private const int LargestBlock = 1 << 20;

    private readonly ReadOnlyMemory<byte> bytes;
    private readonly int perPack;
    private readonly byte[] widths;
    private long last;
    private long read;
    private long least;
    private int pack;
    private int inPack;
    private long bit;

    public DeltaNumbers(ReadOnlyMemory<byte> bytes)
    {
        this.bytes = bytes;
        var block = Varint();
        var packs = Varint();
        var count = Varint();
        if (block is 0 or > LargestBlock || packs == 0 || packs > block || block % packs != 0 || block / packs % 8 != 0 || count > int.MaxValue) throw new InvalidDataException($"a page has blocks of {block:N0} numbers in {packs:N0} packs");
        perPack = (int)(block / packs);
        Count = (int)count;
        last = Zigzag();
        widths = new byte[packs];
        pack = widths.Length;
    }

    /// <summary>How many numbers it claims.</summary>
    public int Count { get; }

    /// <summary>Bytes read so far; behind the last number, where what follows begins.</summary>
    public int Position { get; private set; }

    public long Next()
    {
        if (read >= Count) throw new InvalidDataException($"a page has {Count:N0} numbers, and more are wanted");
        if (read++ == 0) return last;
        if (inPack == 0) NextPack();
        var width = widths[pack];
        last = unchecked(last + least + (long)Bits(width));
        inPack--;
        return last;
    }

    private void NextPack()
    {
        if (++pack >= widths.Length)
        {
            least = Zigzag();
            for (var i = 0; i < widths.Length; i++)
            {
                widths[i] = Byte();
                if (widths[i] > 64) throw new InvalidDataException($"numbers of a page have {widths[i]} bits");
            }

            pack = 0;
        }

        bit = 8L * Position;
        inPack = perPack;
        // The last pack may be cut behind its last number.
        Position = (int)Math.Min(bytes.Length, Position + ((long)perPack * widths[pack] / 8));
    }

    private ulong Bits(int width)
    {
        if (width == 0) return 0;
        var span = bytes.Span;
        if (bit + width > 8L * span.Length) throw new InvalidDataException("a page ends within its numbers");
        var (from, shift, value, have) = ((int)(bit >> 3), (int)(bit & 7), 0UL, 0);
        while (have < width)
        {
            value |= (ulong)(span[from++] >> shift) << have;
            have += 8 - shift;
            shift = 0;
        }

        bit += width;
        return width == 64 ? value : value & ((1UL << width) - 1);
    }

    private byte Byte() => Position < bytes.Length ? bytes.Span[Position++] : throw new InvalidDataException("a page ends within its numbers");

    private ulong Varint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            var part = Byte();
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return value;
        }

        throw new InvalidDataException("a number of a page does not end");
    }

    private long Zigzag()
    {
        var value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }
}
