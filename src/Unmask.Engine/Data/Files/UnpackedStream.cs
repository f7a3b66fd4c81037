using Unmask.Core;

namespace Unmask.Engine.Data.Files;

/// <summary>What a packed file holds, read to a bound: a megabyte of gzip can hold a gigabyte of nothing.</summary>
/// <param name="inner">The unpacked bytes.</param>
/// <param name="path">The file.</param>
/// <param name="packed">Its size.</param>
internal sealed class UnpackedStream(Stream inner, string path, long packed) : Stream
{
    /// <summary>Times that honest text may grow; the most that gzip does is about 1,030.</summary>
    private const int Times = 400;
    private const long AlwaysRead = 128L << 20;

    private long passed;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        var read = inner.Read(buffer);
        passed += read;
        if (passed > AlwaysRead && passed / Times > packed) throw new UserError($"{path}, a gzip file of {packed:N0} bytes, unpacks to more than {passed:N0}, which text hardly does. If it is right, unpack the file and name the unpacked one.");
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}
