using System.IO.Compression;
using K4os.Compression.LZ4;
using Snappier;
using Unmask.Core.Storage;
using ZstdSharp;

namespace Unmask.Engine.Data.Tables.Parquet;

/// <summary>Unpacks the pages of a column.</summary>
internal static class PageCodec
{
    /// <param name="codec">Number of the compression.</param>
    /// <param name="packed">A page.</param>
    /// <param name="page">Room for exactly what it claims to hold.</param>
    public static void Unpack(int codec, ReadOnlyMemory<byte> packed, Memory<byte> page)
    {
        var written = codec switch
        {
            1 => SnappyBlock(packed.Span, page.Span),
            2 => FromStream(new GZipStream(new ReadOnlyMemoryStream(packed), CompressionMode.Decompress), page.Span),
            4 => BrotliDecoder.TryDecompress(packed.Span, page.Span, out var length) ? length : -1,
            5 => Hadoop(packed.Span, page.Span),
            6 => Zstandard(packed.Span, page.Span),
            7 => LZ4Codec.Decode(packed.Span, page.Span),
            3 => throw new InvalidDataException("it is compressed with LZO, which is not read; write it with zstd or snappy"),
            _ => throw new InvalidDataException($"it is compressed by an unknown method (number {codec})"),
        };
        if (written != page.Length) throw new InvalidDataException("a page holds another number of bytes than it claims");
    }

    /// <summary>The library makes room for what the text says of its own length before it reads on; that must be what the page said.</summary>
    private static int SnappyBlock(ReadOnlySpan<byte> packed, Span<byte> page) =>
        Snappy.GetUncompressedLength(packed) == page.Length ? Snappy.Decompress(packed, page) : -1;

    private static int Zstandard(ReadOnlySpan<byte> packed, Span<byte> page)
    {
        using var decompressor = new Decompressor();
        return decompressor.Unwrap(packed, page);
    }

    /// <summary>The older LZ4: frames of Hadoop, each with its two lengths in front; some writers leave them out.</summary>
    private static int Hadoop(ReadOnlySpan<byte> packed, Span<byte> page)
    {
        var (from, written) = (0, 0);
        while (packed.Length - from > 8)
        {
            var wants = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(packed[from..]);
            var has = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(packed[(from + 4)..]);
            if (has > packed.Length - from - 8 || wants > page.Length - written) break;
            var part = LZ4Codec.Decode(packed.Slice(from + 8, (int)has), page.Slice(written, (int)wants));
            if (part != wants) break;
            from += 8 + (int)has;
            written += part;
        }

        return from == packed.Length && written == page.Length ? written : LZ4Codec.Decode(packed, page);
    }

    private static int FromStream(Stream stream, Span<byte> page)
    {
        using (stream) return stream.ReadAtLeast(page, page.Length, throwOnEndOfStream: false);
    }

    private sealed class ReadOnlyMemoryStream(ReadOnlyMemory<byte> bytes) : ForwardStream
    {
        private int at;

        public override long Length => bytes.Length;

        public override long Position
        {
            get => at;
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            var count = Math.Min(buffer.Length, bytes.Length - at);
            bytes.Span.Slice(at, count).CopyTo(buffer);
            at += count;
            return count;
        }
    }
}
