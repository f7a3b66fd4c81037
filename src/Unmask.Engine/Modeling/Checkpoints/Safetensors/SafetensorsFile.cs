using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Security.Cryptography;
using TorchSharp;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Checkpoints.Safetensors;

/// <summary>
/// A safetensors file. Tensors are copied straight into their destination, a piece of the file mapped into memory at a time, so reading a model
/// never needs its size twice, and what was read does not stay mapped. Not thread-safe while it is being disposed.
/// </summary>
public sealed unsafe class SafetensorsFile : IDisposable
{
    /// <summary>Bytes copied at once: bounds the temporary tensor when types differ.</summary>
    private const long PieceBytes = 16 << 20;

    private readonly MemoryMappedFile map;
    private readonly long dataStart;
    private readonly Dictionary<string, TensorEntry> byName;

    private SafetensorsFile(string path, MemoryMappedFile map, long dataStart, SafetensorsHeader header)
    {
        Path = path;
        this.map = map;
        this.dataStart = dataStart;
        Entries = header.Entries;
        Metadata = header.Metadata;
        byName = header.Entries.ToDictionary(entry => entry.Name, StringComparer.Ordinal);
    }

    public string Path { get; }

    /// <summary>Tensors in the order of their data.</summary>
    public IReadOnlyList<TensorEntry> Entries { get; }

    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens and checks a file.</summary>
    /// <exception cref="UserError">The file is missing, cannot be read, or breaks the format.</exception>
    public static SafetensorsFile Open(string path)
    {
        using var stream = InputFile.Open(path);
        try
        {
            var header = ReadHeader(stream, path, out var dataStart);
            var map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            return new SafetensorsFile(path, map, dataStart, header);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UserError($"{path} cannot be read: {error.Message.TrimEnd('.')}. Check the file and its permissions.");
        }
    }

    private static SafetensorsHeader ReadHeader(FileStream stream, string path, out long dataStart)
    {
        Span<byte> lengthBytes = stackalloc byte[8];
        var fileBytes = stream.Length;
        if (fileBytes < 8) throw SafetensorsHeader.FaultOf(path, $"it has {fileBytes} bytes, and the length of the header alone takes 8");
        stream.ReadExactly(lengthBytes);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(lengthBytes);
        if (length > (ulong)Math.Min(SafetensorsHeader.LongestHeader, fileBytes - 8) && Foreign(stream) is { } foreign) throw new UserError($"{path} is no safetensors file but {foreign}.");
        if (length > (ulong)SafetensorsHeader.LongestHeader)
        {
            throw SafetensorsHeader.FaultOf(path, $"its header claims {length} bytes, at most {SafetensorsHeader.LongestHeader} are allowed");
        }

        if (length > (ulong)(fileBytes - 8))
        {
            throw SafetensorsHeader.FaultOf(path, $"its header claims {length} bytes, but only {fileBytes - 8} follow: the file is cut short");
        }

        // The length is below the size of the file by now, so this allocation is backed by bytes that exist.
        var json = new byte[length];
        stream.ReadExactly(json);
        dataStart = 8 + (long)length;
        return SafetensorsHeader.Parse(json, fileBytes - dataStart, path);
    }

    private static string? Foreign(FileStream stream)
    {
        stream.Position = 0;
        var start = new byte[ForeignContent.Looked];
        return ForeignContent.Describe(start.AsSpan(0, stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)));
    }

    public bool Contains(string name) => byName.ContainsKey(name);

    /// <summary>The header line of a tensor.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public TensorEntry this[string name] => byName[name];

    /// <summary>A new tensor [shape as in the file] of the file's type on the host.</summary>
    /// <exception cref="UserError">The element type is one the engine cannot compute with.</exception>
    public Tensor Read(string name)
    {
        var entry = byName[name];
        var tensor = empty(entry.Shape, dtype: TorchTypeOf(entry));
        CopyTo(name, tensor);
        return tensor;
    }

    /// <summary>Copies a tensor into <paramref name="target"/> (same number of elements, contiguous), converting type and device as needed.</summary>
    /// <exception cref="UserError">The element type is one the engine cannot compute with.</exception>
    public void CopyTo(string name, Tensor target)
    {
        if (target.numel() != byName[name].Elements)
        {
            throw new ArgumentException($"Tensor {name} has {byName[name].Elements} elements, the destination {target.numel()}.", nameof(target));
        }

        CopyTo(name, from: 0, target);
    }

    /// <summary>Copies as many elements as <paramref name="target"/> has (contiguous), from element <paramref name="from"/> of a tensor on.</summary>
    /// <exception cref="UserError">The element type is one the engine cannot compute with.</exception>
    public void CopyTo(string name, long from, Tensor target)
    {
        var entry = byName[name];
        var type = TorchTypeOf(entry);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var flat = target.detach().view(-1);
        var elementBytes = entry.Type.Bits / 8;
        ForPieces(entry, from * elementBytes, target.numel() * elementBytes, (at, source) =>
        {
            using var pieceScope = NewDisposeScope();
            var count = source.Length / elementBytes;
            var destination = flat.narrow(0, at / elementBytes, count);
            if (target.dtype == type && target.device_type == DeviceType.CPU)
            {
                source.CopyTo(destination.bytes);
            }
            else
            {
                var staged = empty([count], dtype: type);
                source.CopyTo(staged.bytes);
                destination.copy_(staged);
            }
        });
    }

    /// <summary>SHA-256 of a tensor's bytes as stored, in hexadecimal.</summary>
    public string Sha256(string name)
    {
        var entry = byName[name];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        ForPieces(entry, 0, entry.Bytes, (_, piece) => hash.AppendData(piece));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Calls <paramref name="body"/>(place after <paramref name="from"/>, bytes) for some bytes of a tensor, a piece at a time.</summary>
    private void ForPieces(TensorEntry entry, long from, long bytes, Action<long, ReadOnlySpan<byte>> body)
    {
        for (long at = 0; at < bytes; at += PieceBytes)
        {
            var count = Math.Min(PieceBytes, bytes - at);
            using var view = map.CreateViewAccessor(dataStart + entry.Begin + from + at, count, MemoryMappedFileAccess.Read);
            byte* start = null;
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            try
            {
                body(at, new ReadOnlySpan<byte>(start + view.PointerOffset, (int)count));
            }
            finally
            {
                view.SafeMemoryMappedViewHandle.ReleasePointer();
            }
        }
    }

    private ScalarType TorchTypeOf(TensorEntry entry) => entry.Type.Torch ?? throw new UserError(
        $"Tensor '{entry.Name}' in {Path} is stored as {entry.Type.Name}, which this program cannot compute with. Save it again as F32, F16 or BF16.");

    public void Dispose() => map.Dispose();
}
