using System.IO.Compression;
using System.Text;
using System.Text.Unicode;
using Unmask.Core.Storage;

namespace Unmask.Engine.Data.Files.Readers;

/// <summary>Opens text files as UTF-8 bytes without a byte-order mark, whatever they are stored as.</summary>
internal static class TextBytes
{
    /// <summary>Gzip is recognized by its first bytes, UTF-16 and UTF-32 by their byte-order marks; anything else is taken as UTF-8.</summary>
    public static Stream Open(string path, OpenFile open)
    {
        var stream = open(path);
        try
        {
            if (stream.ReadByte() == 0x1f && stream.ReadByte() == 0x8b)
            {
                stream.Position = 0;
                stream = new BufferedStream(new UnpackedStream(new GZipStream(stream, CompressionMode.Decompress), path, stream.Length), 1 << 16);
            }
            else
            {
                stream.Position = 0;
            }

            return WithoutMark(stream);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Says what is wrong with bytes that are not UTF-8, or null when nothing is.</summary>
    public static string? Problem(ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes)) return null;
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || bytes.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF])) return "UTF-16 starts within the file, as when files of different encodings are joined; save each as UTF-8 first";
        var at = 0;
        while (at < bytes.Length && Rune.DecodeFromUtf8(bytes[at..], out _, out var length) == System.Buffers.OperationStatus.Done) at += length;
        return $"byte {at + 1} (0x{bytes[Math.Min(at, bytes.Length - 1)]:X2}) is not valid UTF-8; save the file as UTF-8";
    }

    /// <summary>A line or value without a byte-order mark in front of it, as files have that were joined of several.</summary>
    public static ReadOnlyMemory<byte> WithoutMark(ReadOnlyMemory<byte> bytes) => bytes.Span.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes;

    private static Stream WithoutMark(Stream stream)
    {
        var head = new byte[4];
        var read = stream.ReadAtLeast(head, 4, throwOnEndOfStream: false);
        (Encoding? encoding, int mark) = head.AsSpan(0, read) switch
        {
            [0xEF, 0xBB, 0xBF, ..] => (null, 3),
            [0xFF, 0xFE, 0, 0] => (Encoding.UTF32, 4),
            [0, 0, 0xFE, 0xFF] => (new UTF32Encoding(bigEndian: true, byteOrderMark: false), 4),
            [0xFF, 0xFE, ..] => (Encoding.Unicode, 2),
            [0xFE, 0xFF, ..] => (Encoding.BigEndianUnicode, 2),
            _ => ((Encoding?)null, 0),
        };
        var rest = new PrefixedStream(head[mark..read], stream);
        return encoding is null ? rest : Encoding.CreateTranscodingStream(rest, encoding, Encoding.UTF8);
    }

    /// <summary>A few bytes already read, then the rest of a stream.</summary>
    private sealed class PrefixedStream(byte[] prefix, Stream rest) : ForwardStream
    {
        private int used;

        public override int Read(Span<byte> buffer)
        {
            if (used == prefix.Length) return rest.Read(buffer);
            var count = Math.Min(buffer.Length, prefix.Length - used);
            prefix.AsSpan(used, count).CopyTo(buffer);
            used += count;
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) rest.Dispose();
            base.Dispose(disposing);
        }
    }
}
