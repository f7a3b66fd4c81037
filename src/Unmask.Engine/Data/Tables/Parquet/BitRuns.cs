using System.Buffers.Binary;

namespace Unmask.Engine.Data.Tables.Parquet;

/// <summary>Small numbers in runs of one value and in packs of eight (the format's RLE and bit-packing hybrid), one after another and without room for all of them.</summary>
internal sealed class BitRuns
{
    private readonly ReadOnlyMemory<byte> bytes;
    private readonly int width;
    private readonly bool packedOnly;
    private int at;
    private long left;
    private bool packed;
    private uint value;
    private long bit;

    /// <param name="bytes">The runs.</param>
    /// <param name="width">Bits of a number, to 32.</param>
    public BitRuns(ReadOnlyMemory<byte> bytes, int width)
    {
        this.bytes = bytes;
        this.width = width is >= 0 and <= 32 ? width : throw new InvalidDataException($"places in a dictionary have {width} bits");
    }

    private BitRuns(ReadOnlyMemory<byte> bytes, int width, bool packedOnly)
        : this(bytes, width) => this.packedOnly = packedOnly;

    /// <summary>The way of the oldest files: numbers packed from the highest bit on, without runs.</summary>
    public static BitRuns FromHighest(ReadOnlyMemory<byte> bytes, int width) => new(bytes, width, packedOnly: true);

    public uint Next()
    {
        if (width == 0) return 0;
        if (packedOnly) return FromHigh();
        while (left == 0) NextRun();
        left--;
        return packed ? Packed() : value;
    }

    private void NextRun()
    {
        var head = Varint();
        packed = (head & 1) != 0;
        if (packed)
        {
            left = (long)(head >> 1) * 8;
            bit = 8L * at;
            // What is missing at the end is found when it is asked for.
            at = (int)Math.Min(bytes.Length, at + (left / 8 * width));
            return;
        }

        left = (long)(head >> 1);
        value = 0;
        for (var i = 0; i < (width + 7) / 8; i++) value |= (uint)Byte() << (8 * i);
    }

    private uint Packed()
    {
        var span = bytes.Span;
        var from = (int)(bit >> 3);
        var shift = (int)(bit & 7);
        bit += width;
        if (bit > 8L * span.Length) throw new InvalidDataException("a page ends within its values");
        ulong word = 0;
        if (span.Length - from >= 8) word = BinaryPrimitives.ReadUInt64LittleEndian(span[from..]);
        else for (var i = from; i < span.Length; i++) word |= (ulong)span[i] << (8 * (i - from));
        return (uint)((word >> shift) & ((1UL << width) - 1));
    }

    private uint FromHigh()
    {
        var span = bytes.Span;
        if (bit + width > 8L * span.Length) throw new InvalidDataException("a page ends within its levels");
        var number = 0u;
        for (var i = 0; i < width; i++, bit++) number = (number << 1) | (uint)(span[(int)(bit >> 3)] >> (7 - (int)(bit & 7)) & 1);
        return number;
    }

    private byte Byte() => at < bytes.Length ? bytes.Span[at++] : throw new InvalidDataException("a page ends within its values");

    private uint Varint()
    {
        var number = 0UL;
        for (var shift = 0; shift < 35; shift += 7)
        {
            var part = Byte();
            number |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return number <= uint.MaxValue ? (uint)number : throw new InvalidDataException("a run of a page is too long");
        }

        throw new InvalidDataException("a run of a page has no length");
    }
}
