using System.Buffers.Binary;
using System.Text.Json;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Checkpoints.Safetensors;

/// <summary>A tensor under the name it has in a file.</summary>
public sealed record NamedTensor(string Name, Tensor Value)
{
    /// <summary>Bytes of the data.</summary>
    public long Bytes => Value.numel() * StoredType.Of(Value.dtype).Bits / 8;
}

/// <summary>Writes safetensors files, a piece of a tensor at a time.</summary>
public static class SafetensorsWriter
{
    private const long PieceBytes = 16 << 20;

    private static readonly Dictionary<string, string> TorchMetadata = new() { ["format"] = "pt" };

    /// <summary>
    /// Writes <paramref name="tensors"/> and flushes them to disk. Order as Hugging Face's writer has it: wider element types first, then by name, so that
    /// every tensor is aligned. The file is not replaced atomically: write to a temporary name and rename.
    /// </summary>
    /// <param name="path">File to create or overwrite.</param>
    /// <param name="tensors">On any device; names must differ.</param>
    /// <param name="metadata">Text pairs for the header; <c>{"format": "pt"}</c> when null.</param>
    public static void Write(string path, IReadOnlyList<NamedTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        WriteSources(path, [.. tensors.Select(TensorSource.Of)], metadata);

    /// <inheritdoc cref="Write(string, IReadOnlyList{NamedTensor}, IReadOnlyDictionary{string, string}?)"/>
    public static void WriteSources(string path, IReadOnlyList<TensorSource> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var ordered = tensors
            .OrderByDescending(tensor => StoredType.Of(tensor.Dtype).Bits)
            .ThenBy(tensor => tensor.Name, StringComparer.Ordinal)
            .ToArray();
        if (ordered.DistinctBy(tensor => tensor.Name).Count() != ordered.Length) throw new ArgumentException("Two tensors have the same name.", nameof(tensors));

        using var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1 << 16);
        WriteHeader(stream, ordered, metadata ?? TorchMetadata);
        foreach (var tensor in ordered) WriteData(stream, tensor);
        stream.Flush(flushToDisk: true);
    }

    private static void WriteHeader(FileStream stream, TensorSource[] tensors, IReadOnlyDictionary<string, string> metadata)
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            if (metadata.Count > 0)
            {
                writer.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal)) writer.WriteString(key, value);
                writer.WriteEndObject();
            }

            long at = 0;
            foreach (var tensor in tensors)
            {
                writer.WriteStartObject(tensor.Name);
                writer.WriteString("dtype", StoredType.Of(tensor.Dtype).Name);
                writer.WriteStartArray("shape");
                foreach (var size in tensor.Shape) writer.WriteNumberValue(size);
                writer.WriteEndArray();
                writer.WriteStartArray("data_offsets");
                writer.WriteNumberValue(at);
                writer.WriteNumberValue(at += tensor.Bytes);
                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        // Blanks bring the data to a multiple of 8.
        while (json.Length % 8 != 0) json.WriteByte((byte)' ');
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)json.Length);
        stream.Write(length);
        stream.Write(json.GetBuffer(), 0, (int)json.Length);
    }

    private static void WriteData(FileStream stream, TensorSource source)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var tensor = source.Make();
        if (tensor.dtype != source.Dtype || tensor.numel() != source.Elements) throw new ArgumentException($"{source.Name} is {tensor.dtype} of {tensor.numel()} values; {source.Dtype} of {source.Elements} was announced.", nameof(source));
        var flat = tensor.detach().contiguous().view(-1);
        var piece = PieceBytes * 8 / StoredType.Of(tensor.dtype).Bits;
        for (long at = 0; at < flat.numel(); at += piece)
        {
            using var pieceScope = NewDisposeScope();
            // The copy to the host waits for the device; a save may.
            stream.Write(flat.narrow(0, at, Math.Min(piece, flat.numel() - at)).cpu().bytes);
        }
    }
}
