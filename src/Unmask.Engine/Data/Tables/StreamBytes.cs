namespace Unmask.Engine.Data.Tables;

/// <summary>Reads of a file at any place.</summary>
internal static class StreamBytes
{
    /// <exception cref="InvalidDataException">The file ends before.</exception>
    public static void Fill(Stream stream, long at, Span<byte> bytes)
    {
        stream.Position = at;
        if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length) throw new InvalidDataException("it ends too early");
    }
}
