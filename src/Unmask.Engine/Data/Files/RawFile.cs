namespace Unmask.Engine.Data.Files;

/// <summary>Opens a file for reading.</summary>
internal delegate Stream OpenFile(string path);

/// <summary>Files as they lie on the disk.</summary>
internal static class RawFile
{
    /// <summary>Opens a file that is read once from its start; others may write it, rename it or delete it meanwhile.</summary>
    public static Stream Open(string path) => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16, FileOptions.SequentialScan);

    /// <summary>Opens files whose reads are counted.</summary>
    /// <param name="passed">Called with the number of bytes of each read. What it throws ends the reading.</param>
    public static OpenFile Metered(Action<int> passed) => path => new MeteredStream(Open(path), passed);

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
