using System.IO.Compression;

namespace Unmask.Engine.Data.Files.Readers;

/// <summary>Tells files that are something else than their name says: what a page in place of a download, a repository without its large files, or another program leaves.</summary>
internal static class ForeignContent
{
    private const int Looked = 1024;

    private static readonly (byte[] Start, string What)[] Starts =
    [
        ([.. "PK\x03\x04"u8], "a ZIP archive or an office document; unpack it, or export it as CSV"),
        ([.. "%PDF-"u8], "a PDF document; extract its text first"),
        ([.. "BZh"u8], "compressed with bzip2; unpack it, or compress it with gzip"),
        ([0xFD, .. "7zXZ"u8], "compressed with xz; unpack it, or compress it with gzip"),
        ([0x28, 0xB5, 0x2F, 0xFD], "compressed with zstd; unpack it, or compress it with gzip"),
        ([0x80, 0x02, .. "}"u8], "a Python pickle, which is never loaded; save the rows as JSON lines"),
        ([.. "SQLite format 3\0"u8], "an SQLite database; export its rows as JSON lines or CSV"),
        ([.. "PAR1"u8], "a Parquet file; name it .parquet"),
        ([.. "ARROW1"u8], "an Arrow file; name it .arrow"),
    ];

    /// <exception cref="UserError">It is something else.</exception>
    public static void Refuse(DataFile file, OpenFile open)
    {
        var head = Head(file.Path, open);
        if (InputFile.IsLfsPointer(head)) throw InputFile.LfsPointer(file.Path);
        if (IsPage(head)) throw new UserError($"'{file.Path}' is an HTML page and no data: a web page was saved in place of the file, often because a login or a license is asked for. Download the file itself.");
        if (file.Format is DataFormat.Parquet or DataFormat.Arrow) return;
        foreach (var (start, what) in Starts)
        {
            if (head.AsSpan().StartsWith(start)) throw new UserError($"'{file.Path}' is read as {file.Format}, but it is {what}.");
        }

        if (IsWide(head)) throw new UserError($"'{file.Path}' is UTF-16 text without a byte-order mark; save it as UTF-8.");
    }

    /// <summary>The first bytes, unpacked where they are packed.</summary>
    private static byte[] Head(string path, OpenFile open)
    {
        using var stream = open(path);
        var head = new byte[Looked];
        var read = stream.ReadAtLeast(head, Looked, throwOnEndOfStream: false);
        if (read < 2 || head[0] != 0x1f || head[1] != 0x8b) return head[..read];
        stream.Position = 0;
        using var unpacked = new GZipStream(stream, CompressionMode.Decompress);
        read = unpacked.ReadAtLeast(head, Looked, throwOnEndOfStream: false);
        return head[..read];
    }

    private static bool IsPage(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith("\uFEFF"u8)) head = head[3..];
        head = head.TrimStart(" \t\r\n"u8);
        return StartsWith(head, "<!doctype html"u8) || StartsWith(head, "<html"u8);
    }

    private static bool StartsWith(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> start) => bytes.Length >= start.Length && System.Text.Ascii.EqualsIgnoreCase(bytes[..start.Length], start);

    /// <summary>Every other one of the first bytes is zero, and no mark tells of it.</summary>
    private static bool IsWide(ReadOnlySpan<byte> head)
    {
        if (head.Length < 4 || head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || head.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]) || head.StartsWith((ReadOnlySpan<byte>)[0, 0, 0xFE, 0xFF])) return false;
        var looked = Math.Min(head.Length, 64) / 2 * 2;
        var (even, odd) = (0, 0);
        for (var i = 0; i < looked; i += 2)
        {
            if (head[i] == 0) even++;
            if (head[i + 1] == 0) odd++;
        }

        var startsSo = (head[0] == 0 && head[2] == 0) || (head[1] == 0 && head[3] == 0);
        return startsSo && Math.Max(even, odd) > looked / 4 && Math.Min(even, odd) == 0;
    }
}
