using System.Buffers.Binary;
using K4os.Compression.LZ4.Streams;
using ZstdSharp;

namespace Unmask.Engine.Data.Tables.Arrow;

/// <summary>Reads the buffers of a batch when they are asked for, and unpacks them.</summary>
/// <param name="stream">The file.</param>
/// <param name="message">The batch.</param>
/// <param name="header">Its description.</param>
/// <param name="budget">What the file may unfold to.</param>
internal sealed class ArrowBuffers(Stream stream, ArrowMessage message, FlatTable header, ExpansionBudget budget)
{
    private const long NotPacked = -1;
    private const byte Lz4Frames = 0;
    private const byte Zstandard = 1;

    private readonly byte? codec = header.Table(3) is { } packing ? CodecOf(packing.Byte(0), packing.Byte(1)) : null;

    public long BodyLength => message.BodyLength;

    public ExpansionBudget Budget => budget;

    public ReadOnlyMemory<byte> Read((long At, long Length) buffer)
    {
        if (buffer.Length == 0) return default;
        if (buffer.Length > Array.MaxLength) throw new InvalidDataException($"a buffer has {buffer.Length:N0} bytes, at most {Array.MaxLength:N0} are read; write it with smaller batches");
        var bytes = new byte[buffer.Length];
        StreamBytes.Fill(stream, message.Body + buffer.At, bytes);
        if (codec is null) return bytes;
        if (bytes.Length < 8) throw new InvalidDataException("a compressed buffer has no length");
        var claimed = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        if (claimed == NotPacked) return bytes.AsMemory(8);
        var unpacked = new byte[budget.Unpacked(claimed)];
        if (unpacked.Length > 0 && Unpack(bytes.AsMemory(8), unpacked) != unpacked.Length) throw new InvalidDataException("a compressed buffer holds another number of bytes than it claims");
        return unpacked;
    }

    private int Unpack(ReadOnlyMemory<byte> packed, byte[] unpacked)
    {
        if (codec == Zstandard)
        {
            using var decompressor = new Decompressor();
            return decompressor.Unwrap(packed.Span, unpacked);
        }

        using var frames = LZ4Frame.Decode(packed);
        var (read, part) = (0, 0);
        while (read < unpacked.Length && (part = frames.ReadManyBytes(unpacked.AsSpan(read))) > 0) read += part;
        return read;
    }

    private static byte CodecOf(byte codec, byte method) => codec is Lz4Frames or Zstandard && method == 0 ? codec : throw new InvalidDataException($"it is compressed by an unknown method (number {codec})");
}
