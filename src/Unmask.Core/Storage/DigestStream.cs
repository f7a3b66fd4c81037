using System.Security.Cryptography;

namespace Unmask.Core.Storage;

/// <summary>Size and SHA-256 (lower-case hex) of a file's content.</summary>
public readonly record struct FileDigest(long Bytes, string Sha256)
{
    /// <summary>Reads a whole file.</summary>
    public static FileDigest Of(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16, FileOptions.SequentialScan);
        return Of(file);
    }

    /// <summary>Reads a file that is open, from where it stands.</summary>
    internal static FileDigest Of(FileStream file) => new(file.Length, Convert.ToHexStringLower(SHA256.HashData(file)));
}

/// <summary>Writes through to a file, counts and hashes what passes, and explains failures.</summary>
internal sealed class DigestStream(Stream inner, string shownPath, Action<FileDigest> finished) : Stream
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long bytes;
    private bool closed;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => !closed;

    public override long Length => bytes;

    public override long Position
    {
        get => bytes;
        set => throw new NotSupportedException("The file is hashed during writing and cannot be written out of order.");
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            inner.Write(buffer);
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            throw StorageFailure.Explain(failure, shownPath);
        }

        hash.AppendData(buffer);
        bytes += buffer.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        try
        {
            inner.Flush();
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            throw StorageFailure.Explain(failure, shownPath);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (!disposing || closed) return;
        closed = true;
        try
        {
            inner.Dispose();
            finished(new(bytes, Convert.ToHexStringLower(hash.GetHashAndReset())));
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            throw StorageFailure.Explain(failure, shownPath);
        }
        finally
        {
            hash.Dispose();
            base.Dispose(disposing);
        }
    }
}
