using System.Buffers.Binary;
using System.IO.Hashing;
using Unmask.Core.Storage;

namespace Unmask.Core.Tracking.Wandb;

/// <summary>
/// The record log of an offline run, <c>run-ID.wandb</c>: a header of 7 bytes, then LevelDB's log form in blocks of 32 KiB that count from the
/// start of the file, each piece with the plain CRC-32 of its type and data. Every record is handed to the system whole.
/// </summary>
internal sealed class WandbLog : IDisposable
{
    private const int Block = 32_768;
    private const int Head = 7;

    private static readonly byte[] Start = [(byte)':', (byte)'W', (byte)'&', (byte)'B', 0xE1, 0xBE, 0];

    private enum Piece : byte
    {
        Whole = 1,
        First = 2,
        Middle = 3,
        Last = 4,
    }

    private readonly FileStream file;

    /// <summary>Starts the file anew.</summary>
    /// <exception cref="UserError">It cannot be written.</exception>
    public WandbLog(string path)
    {
        Path = path;
        try
        {
            file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            file.Write(Start);
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            throw StorageFailure.Explain(failure, path);
        }
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Adds a record.</summary>
    /// <exception cref="UserError">The disk refuses.</exception>
    public void Append(ReadOnlySpan<byte> record)
    {
        using var pieces = new MemoryStream();
        long at = file.Position;
        for (bool isFirst = true, isLast = false; !isLast; isFirst = false)
        {
            int left = Block - (int)((at + pieces.Length) % Block);
            if (left < Head)
            {
                pieces.Write(new byte[left]);
                left = Block;
            }

            int length = Math.Min(record.Length, left - Head);
            isLast = length == record.Length;
            Write(pieces, (isFirst, isLast) switch { (true, true) => Piece.Whole, (true, false) => Piece.First, (false, false) => Piece.Middle, _ => Piece.Last }, record[..length]);
            record = record[length..];
        }

        try
        {
            file.Write(pieces.GetBuffer().AsSpan(0, (int)pieces.Length));
        }
        catch (Exception failure) when (StorageFailure.IsStorage(failure))
        {
            throw StorageFailure.Explain(failure, Path);
        }
    }

    public void Dispose() => file.Dispose();

    private static void Write(MemoryStream pieces, Piece type, ReadOnlySpan<byte> data)
    {
        Span<byte> head = stackalloc byte[Head];
        var crc = new Crc32();
        crc.Append([(byte)type]);
        crc.Append(data);
        BinaryPrimitives.WriteUInt32LittleEndian(head, crc.GetCurrentHashAsUInt32());
        BinaryPrimitives.WriteUInt16LittleEndian(head[4..], (ushort)data.Length);
        head[6] = (byte)type;
        pieces.Write(head);
        pieces.Write(data);
    }
}
