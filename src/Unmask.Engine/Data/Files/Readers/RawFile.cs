namespace Unmask.Engine.Data.Files.Readers;

/// <summary>Opens a file for reading.</summary>
internal delegate Stream OpenFile(string path);

/// <summary>Files as they lie on the disk.</summary>
internal static class RawFile
{
    private const int Buffer = 1 << 16;

    /// <summary>Opens a regular file; others may write it, rename it or delete it meanwhile.</summary>
    /// <exception cref="UserError">It is missing, unreadable, a device or a pipe, or a Git LFS pointer.</exception>
    public static Stream Open(string path) => new BufferedStream(InputFile.Open(path), Buffer);

    /// <summary>Opens files whose reads are counted.</summary>
    /// <param name="open">Opens them.</param>
    /// <param name="passed">Called with the number of bytes of each read. What it throws ends the reading.</param>
    public static OpenFile Metered(OpenFile open, Action<int> passed) => path => new MeteredStream(open(path), passed);

    private sealed class MeteredStream(Stream inner, Action<int> passed) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => inner.CanSeek;

        public override bool CanWrite => false;

        public override long Length => inner.Length;

        public override long Position
        {
            get => inner.Position;
            set => inner.Position = value;
        }

        public override int Read(Span<byte> buffer)
        {
            var read = inner.Read(buffer);
            passed(read);
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override long Seek(long offset, SeekOrigin origin) => inner.Seek(offset, origin);

        public override void Flush()
        {
        }

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
