using Unmask.Core.Storage;

namespace Unmask.Engine.Data.Files.Readers;

/// <summary>What a packed file holds, read to a bound: a megabyte of gzip can hold a gigabyte of nothing.</summary>
/// <param name="inner">The unpacked bytes.</param>
/// <param name="path">The file.</param>
/// <param name="packed">Its size.</param>
internal sealed class UnpackedStream(Stream inner, string path, long packed) : ForwardStream
{
    /// <summary>Times that honest text may grow; the most that gzip does is about 1,030.</summary>
    private const int Times = 400;
    private const long AlwaysRead = 128L << 20;

    private long passed;

    public override int Read(Span<byte> buffer)
    {
        var read = inner.Read(buffer);
        passed += read;
        if (passed > AlwaysRead && passed / Times > packed) throw new UserError($"{path}, a gzip file of {packed:N0} bytes, unpacks to more than {passed:N0}, which text hardly does. If it is right, unpack the file and name the unpacked one.");
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}
