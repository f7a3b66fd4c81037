using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace Unmask.Engine.Data;

/// <summary>
/// Tokenized rows in a folder, read through memory maps: a dataset larger than memory can be trained in a random order,
/// and only pages that are in use take memory. Rows can be read from several threads at once.
/// </summary>
/// <remarks>
/// <c>tokens.bin</c> holds the ids of all rows as little-endian int32; <c>index.bin</c> 16 bytes a row: first token (int64),
/// number of tokens (int32), prompt tokens (int32); <c>store.json</c> sizes and SHA-256 of both.
/// </remarks>
public sealed unsafe class ExampleStore : IDisposable
{
    internal const string TokensName = "tokens.bin";
    internal const string IndexName = "index.bin";
    internal const string DescriptionName = "store.json";
    internal const string FormatName = "unmask-examples";
    internal const int FormatVersion = 1;
    internal const int EntryBytes = 16;

    internal static readonly JsonSerializerOptions DescriptionJson =
        new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private readonly Description description;
    private readonly MappedFile tokens;
    private readonly MappedFile index;

    private ExampleStore(string folder, Description description)
    {
        Folder = folder;
        this.description = description;
        tokens = new MappedFile(Path.Combine(folder, TokensName), description.Tokens * sizeof(int));
        try
        {
            index = new MappedFile(Path.Combine(folder, IndexName), (long)description.Count * EntryBytes);
        }
        catch
        {
            tokens.Dispose();
            throw;
        }
    }

    internal sealed record Description(
        string Format, int Version, int Count, long Tokens, int LongestRow, string TokensSha256, string IndexSha256);

    public string Folder { get; }

    /// <summary>Rows.</summary>
    public int Count => description.Count;

    /// <summary>Tokens of all rows together.</summary>
    public long Tokens => description.Tokens;

    /// <summary>Tokens of the longest row; 0 in an empty store.</summary>
    public int LongestRow => description.LongestRow;

    /// <summary>SHA-256 of the content (ids, row bounds and prompt lengths), lower-case hexadecimal: equal for equal datasets.</summary>
    public string Fingerprint => Convert.ToHexStringLower(
        SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(description.TokensSha256 + description.IndexSha256)));

    /// <summary>The row at place <paramref name="row"/>, from 0.</summary>
    /// <exception cref="UserError">The store's files were changed under way and the row points outside of them.</exception>
    public Example this[int row]
    {
        get
        {
            var (first, length, prompt) = Entry(row);
            return new Example(row, Ids(row, first, length, prompt).ToArray(), prompt);
        }
    }

    /// <summary>Opens a complete store.</summary>
    /// <exception cref="UserError">The folder holds no store, an unfinished one, one of another format or one whose files have other sizes.</exception>
    public static ExampleStore Open(string folder)
    {
        var path = Path.Combine(folder, DescriptionName);
        if (!File.Exists(path))
        {
            throw new UserError($"'{folder}' holds no complete store of prepared rows ({DescriptionName} is missing). Prepare the data again.");
        }

        Description? description;
        try
        {
            description = JsonInput.Deserialize<Description>(InputFile.ReadBytes(path), DescriptionJson);
        }
        catch (JsonException error)
        {
            throw Damaged(folder, $"{DescriptionName} cannot be read: {JsonInput.Reason(error)}");
        }

        if (description is null || description.Format != FormatName || description.Version != FormatVersion)
        {
            throw Damaged(folder, $"{DescriptionName} has format '{description?.Format}' version {description?.Version}, expected '{FormatName}' version {FormatVersion}");
        }

        return new ExampleStore(folder, description);
    }

    /// <summary>Tokens of the row at place <paramref name="row"/>, without reading them.</summary>
    public int LengthOf(int row) => Entry(row).Length;

    /// <summary>Prompt tokens of the row at place <paramref name="row"/>.</summary>
    public int PromptLengthOf(int row) => Entry(row).Prompt;

    /// <summary>Token ids of a row without a copy. The span is valid until the store is disposed.</summary>
    public ReadOnlySpan<int> IdsOf(int row)
    {
        var (first, length, prompt) = Entry(row);
        return Ids(row, first, length, prompt);
    }

    /// <summary>Reads every byte and compares with the hashes taken while writing.</summary>
    /// <exception cref="UserError">A file differs from what was written.</exception>
    public void Verify()
    {
        foreach (var (name, expected) in new[] { (TokensName, description.TokensSha256), (IndexName, description.IndexSha256) })
        {
            using var file = new FileStream(Path.Combine(Folder, name), FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20);
            var found = Convert.ToHexStringLower(SHA256.HashData(file));
            if (found != expected) throw Damaged(Folder, $"{name} has SHA-256 {found}, {expected} was written");
        }
    }

    public void Dispose()
    {
        tokens.Dispose();
        index.Dispose();
    }

    private (long First, int Length, int Prompt) Entry(int row)
    {
        if ((uint)row >= (uint)Count) throw new ArgumentOutOfRangeException(nameof(row), row, $"The store holds {Count} rows.");
        var entry = index.Bytes((long)row * EntryBytes, EntryBytes);
        return (BinaryPrimitives.ReadInt64LittleEndian(entry),
            BinaryPrimitives.ReadInt32LittleEndian(entry[8..]),
            BinaryPrimitives.ReadInt32LittleEndian(entry[12..]));
    }

    private ReadOnlySpan<int> Ids(int row, long first, int length, int prompt)
    {
        if (first < 0 || length < 0 || prompt < 0 || prompt > length || first > Tokens - length)
        {
            throw Damaged(Folder, $"row {row} claims {length} tokens from {first} on, {prompt} of them prompt, of {Tokens} in the store");
        }

        var bytes = tokens.Bytes(first * sizeof(int), checked(length * sizeof(int)));
        if (BitConverter.IsLittleEndian) return MemoryMarshal.Cast<byte, int>(bytes);
        var swapped = new int[length];
        BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, int>(bytes), swapped);
        return swapped;
    }

    private static UserError Damaged(string folder, string what) =>
        new($"The prepared rows in '{folder}' are damaged: {what}. Delete the folder; the data will be prepared again.");

    /// <summary>A file mapped for reading; an empty file, which no system maps, is an empty span.</summary>
    private sealed class MappedFile : IDisposable
    {
        private readonly MemoryMappedFile? file;
        private readonly MemoryMappedViewAccessor? view;
        private readonly byte* start;

        public MappedFile(string path, long expectedBytes)
        {
            var folder = Path.GetDirectoryName(path)!;
            var info = new FileInfo(path);
            if (!info.Exists) throw Damaged(folder, $"{info.Name} is missing");
            if (info.Length != expectedBytes) throw Damaged(folder, $"{info.Name} has {info.Length} bytes, expected {expectedBytes}");
            if (expectedBytes == 0) return;

            file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
            view = file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
            byte* pointer = null;
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
            start = pointer + view.PointerOffset;
        }

        public ReadOnlySpan<byte> Bytes(long offset, int length)
        {
            if (length == 0) return [];
            ObjectDisposedException.ThrowIf(view is null || view.SafeMemoryMappedViewHandle.IsClosed, this);
            return new ReadOnlySpan<byte>(start + offset, length);
        }

        public void Dispose()
        {
            if (view is not null && !view.SafeMemoryMappedViewHandle.IsClosed)
            {
                view.SafeMemoryMappedViewHandle.ReleasePointer();
                view.Dispose();
            }

            file?.Dispose();
        }
    }
}
