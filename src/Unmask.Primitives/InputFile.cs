using System.Text;

namespace Unmask.Primitives;

/// <summary>
/// Opens a file that may come from a stranger: a regular file only, of bounded size, and not a Git LFS pointer in place of the content.
/// Every fault is a <see cref="UserError"/> with the path.
/// </summary>
public static class InputFile
{
    /// <summary>The largest configuration, tokenizer or template file that is read into memory, in bytes.</summary>
    public const long SmallLimit = 64L << 20;

    private static readonly byte[] PointerStart = "version https://git-lfs.github.com/spec/"u8.ToArray();

    /// <summary>The whole file.</summary>
    /// <param name="path">Where it is located.</param>
    /// <param name="limit">The most bytes that are read.</param>
    /// <exception cref="UserError">It is missing, no regular file, unreadable, too large, or a Git LFS pointer.</exception>
    public static byte[] ReadBytes(string path, long limit = SmallLimit)
    {
        using var file = Open(path);
        return Guarded(path, () =>
        {
            // Files of /proc have no length: what counts is what can be read.
            using var all = new MemoryStream((int)Math.Min(file.Length, limit));
            var block = new byte[Math.Min(limit + 1, 1 << 16)];
            while (file.Read(block) is > 0 and int read)
            {
                if (all.Length + read > limit) throw new UserError($"{path} has more than {Format.Bytes(limit)}; a file of this kind may have at most that. Check that it is the right file.");
                all.Write(block, 0, read);
            }

            return all.Capacity == all.Length ? all.GetBuffer() : all.ToArray();
        });
    }

    /// <summary>The whole file as UTF-8 text, without its byte order mark. Bytes that are not UTF-8 become U+FFFD.</summary>
    /// <inheritdoc cref="ReadBytes"/>
    public static string ReadText(string path, long limit = SmallLimit)
    {
        var bytes = ReadBytes(path, limit).AsSpan();
        return Encoding.UTF8.GetString(bytes.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes);
    }

    /// <summary>The file, at its start, of any size.</summary>
    /// <exception cref="UserError">It is missing, no regular file, unreadable, or a Git LFS pointer.</exception>
    public static FileStream Open(string path)
    {
        if (path.Contains('\0', StringComparison.Ordinal)) throw new UserError($"The path {path.Replace("\0", "\\0", StringComparison.Ordinal)} holds a NUL character. Give the path without it.");
        if (FileKind.OtherThanFile(path) is { } other) throw new UserError($"{path} is {other}; a regular file is needed. Give the path of a file.");
        return Guarded(path, () =>
        {
            var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            try
            {
                var start = new byte[PointerStart.Length];
                int read = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
                if (IsLfsPointer(start.AsSpan(0, read))) throw LfsPointer(path);
                file.Position = 0;
                return file;
            }
            catch
            {
                file.Dispose();
                throw;
            }
        });
    }

    /// <summary>Are these the first bytes of a Git LFS pointer?</summary>
    public static bool IsLfsPointer(ReadOnlySpan<byte> start) => start.StartsWith(PointerStart);

    /// <summary>The sentence for a Git LFS pointer in place of a file.</summary>
    public static UserError LfsPointer(string path) =>
        new($"{path} is a Git LFS pointer: its content was not fetched. Run 'git lfs pull' in the repository it comes from, or download the file itself.");

    private static T Guarded<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UserError($"{path} does not exist. Check the path.");
        }
        catch (UnauthorizedAccessException)
        {
            throw new UserError($"{path} cannot be read: permission is denied. Make it readable, or give another file.");
        }
        catch (Exception fault) when (fault is IOException or ArgumentException or NotSupportedException)
        {
            throw new UserError($"{path} cannot be read: {fault.Message.TrimEnd('.')}. Check the file and its disk.");
        }
    }
}
