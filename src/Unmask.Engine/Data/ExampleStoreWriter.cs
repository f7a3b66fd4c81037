using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace Unmask.Engine.Data;

/// <summary>
/// Writes an <see cref="ExampleStore"/> row by row, so that a dataset larger than memory can be tokenized. The store exists
/// only once <see cref="Complete"/> has returned: its description is written last, after everything else is on the disk.
/// </summary>
public sealed class ExampleStoreWriter : IDisposable
{
    private readonly string folder;
    private readonly FileStream tokens;
    private readonly FileStream index;
    private readonly IncrementalHash tokenHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IncrementalHash indexHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long tokenCount;
    private int count;
    private int longest;

    /// <param name="folder">Folder of the store; made if it does not exist. A store that lies there is replaced.</param>
    public ExampleStoreWriter(string folder)
    {
        this.folder = folder;
        Directory.CreateDirectory(folder);
        File.Delete(Path.Combine(folder, ExampleStore.DescriptionName));
        tokens = Create(ExampleStore.TokensName);
        index = Create(ExampleStore.IndexName);
    }

    /// <summary>Rows written so far.</summary>
    public int Count => count;

    /// <summary>Tokens written so far.</summary>
    public long Tokens => tokenCount;

    /// <summary>Adds a row; its place is the number of rows before it.</summary>
    /// <param name="ids">Token ids, prompt first.</param>
    /// <param name="promptLength">Leading tokens that are never masked nor scored; from 0 to the number of ids.</param>
    public void Add(ReadOnlySpan<int> ids, int promptLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(promptLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(promptLength, ids.Length);

        Span<byte> entry = stackalloc byte[ExampleStore.EntryBytes];
        BinaryPrimitives.WriteInt64LittleEndian(entry, tokenCount);
        BinaryPrimitives.WriteInt32LittleEndian(entry[8..], ids.Length);
        BinaryPrimitives.WriteInt32LittleEndian(entry[12..], promptLength);
        index.Write(entry);
        indexHash.AppendData(entry);

        var bytes = LittleEndian(ids);
        tokens.Write(bytes);
        tokenHash.AppendData(bytes);
        tokenCount += ids.Length;
        longest = Math.Max(longest, ids.Length);
        count = checked(count + 1);
    }

    /// <summary>Flushes everything to the disk and writes the description that makes the store whole.</summary>
    public void Complete()
    {
        tokens.Flush(flushToDisk: true);
        index.Flush(flushToDisk: true);
        var tokenSha = Convert.ToHexStringLower(tokenHash.GetHashAndReset());
        var indexSha = Convert.ToHexStringLower(indexHash.GetHashAndReset());
        var description = new ExampleStore.Description(ExampleStore.FormatName, ExampleStore.FormatVersion, count, tokenCount, longest, tokenSha, indexSha);

        var path = Path.Combine(folder, ExampleStore.DescriptionName);
        using (var file = Create(ExampleStore.DescriptionName + ".partial"))
        {
            JsonSerializer.Serialize(file, description, ExampleStore.DescriptionJson);
            file.Flush(flushToDisk: true);
        }

        File.Move(path + ".partial", path, overwrite: true);
    }

    public void Dispose()
    {
        tokens.Dispose();
        index.Dispose();
        tokenHash.Dispose();
        indexHash.Dispose();
    }

    private static ReadOnlySpan<byte> LittleEndian(ReadOnlySpan<int> ids)
    {
        if (BitConverter.IsLittleEndian) return MemoryMarshal.AsBytes(ids);
        var swapped = new int[ids.Length];
        BinaryPrimitives.ReverseEndianness(ids, swapped);
        return MemoryMarshal.AsBytes(swapped.AsSpan());
    }

    private FileStream Create(string name) =>
        new(Path.Combine(folder, name), FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 1 << 20);
}
