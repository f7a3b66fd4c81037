using System.Text.Json;

namespace Unmask.Engine.Modeling.Checkpoints.Safetensors;

/// <summary>
/// The header of a safetensors file, read with suspicion: nothing in it is believed before it is checked, and nothing is allocated
/// by a number it holds. Format: https://github.com/huggingface/safetensors#format
/// </summary>
public sealed class SafetensorsHeader
{
    /// <summary>Longest header the format allows, in bytes.</summary>
    public const long LongestHeader = 100_000_000;

    private const int MostDimensions = 64;

    private readonly string path;

    private SafetensorsHeader(string path) => this.path = path;

    /// <summary>Tensors in the order of their data.</summary>
    public IReadOnlyList<TensorEntry> Entries { get; private set; } = [];

    /// <summary>The free text pairs under <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; private set; } = new Dictionary<string, string>();

    /// <summary>Reads the header from its JSON bytes.</summary>
    /// <param name="json">The header without its length.</param>
    /// <param name="dataBytes">Bytes of the file behind the header.</param>
    /// <param name="path">The file, for messages.</param>
    /// <exception cref="UserError">The header breaks the format.</exception>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> json, long dataBytes, string path)
    {
        var header = new SafetensorsHeader(path);
        try
        {
            header.Read(json);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            // InvalidOperationException is what the JSON reader throws for text that is not valid UTF-8 or UTF-16.
            throw header.Fault($"its header is not valid JSON ({error.Message.TrimEnd('.')})");
        }

        header.CheckLayout(dataBytes);
        return header;
    }

    private UserError Fault(string what) => FaultOf(path, what);

    internal static UserError FaultOf(string path, string what) =>
        new($"{path} is not a valid safetensors file: {what}. Download or save it again.");

    private void Read(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty || json[0] != (byte)'{') throw Fault("its header does not begin with '{'");
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 4 });
        var names = new HashSet<string>(StringComparer.Ordinal);
        var entries = new List<TensorEntry>();
        reader.Read();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = reader.GetString()!;
            if (!names.Add(name)) throw Fault($"its header names '{Excerpt.Of(name)}' twice");
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject) throw Fault($"the header entry '{Excerpt.Of(name)}' is not an object");
            if (name == "__metadata__") Metadata = ReadMetadata(ref reader);
            else entries.Add(ReadEntry(ref reader, name));
        }

        // Only blanks may follow; the reader refuses anything else.
        while (reader.Read()) { }
        Entries = entries;
    }

    private Dictionary<string, string> ReadMetadata(ref Utf8JsonReader reader)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String) throw Fault($"its metadata value '{Excerpt.Of(key)}' is not a text");
            if (!metadata.TryAdd(key, reader.GetString()!)) throw Fault($"its metadata names '{Excerpt.Of(key)}' twice");
        }

        return metadata;
    }

    private TensorEntry ReadEntry(ref Utf8JsonReader reader, string name)
    {
        StoredType? type = null;
        List<long>? shape = null;
        List<long>? offsets = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var key = reader.GetString()!;
            reader.Read();
            switch (key)
            {
                case "dtype" when type is null:
                    if (reader.TokenType != JsonTokenType.String) throw Fault($"the dtype of tensor '{Excerpt.Of(name)}' is not a text");
                    var typeName = reader.GetString()!;
                    type = StoredType.Find(typeName)
                        ?? throw Fault($"tensor '{Excerpt.Of(name)}' has the unknown dtype '{Excerpt.Of(typeName)}' (known: {StoredType.Names})");
                    break;
                case "shape" when shape is null:
                    shape = ReadNumbers(ref reader, name, key, MostDimensions);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadNumbers(ref reader, name, key, 2);
                    break;
                default:
                    throw Fault($"tensor '{Excerpt.Of(name)}' has the unexpected or repeated key '{Excerpt.Of(key)}'");
            }
        }

        if (type is null || shape is null || offsets is not { Count: 2 })
        {
            throw Fault($"tensor '{Excerpt.Of(name)}' must have dtype, shape and two data_offsets");
        }

        return new TensorEntry(name, type, [.. shape], offsets[0], offsets[1]);
    }

    private List<long> ReadNumbers(ref Utf8JsonReader reader, string name, string key, int most)
    {
        if (reader.TokenType != JsonTokenType.StartArray) throw Fault($"{key} of tensor '{Excerpt.Of(name)}' is not a list");
        var numbers = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var number) || number < 0)
            {
                throw Fault($"{key} of tensor '{Excerpt.Of(name)}' holds something else than whole numbers from 0");
            }

            if (numbers.Count == most) throw Fault($"{key} of tensor '{Excerpt.Of(name)}' has more than {most} numbers");
            numbers.Add(number);
        }

        return numbers;
    }

    /// <summary>Sizes fit the shapes, and the tensors fill the data without a gap or an overlap.</summary>
    private void CheckLayout(long dataBytes)
    {
        var ordered = Entries.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End).ToArray();
        long at = 0;
        foreach (var entry in ordered)
        {
            var name = Excerpt.Of(entry.Name);
            if (entry.Begin != at)
            {
                var fault = entry.Begin < at ? "overlaps the tensor before it" : "leaves a gap to the tensor before it";
                throw Fault($"tensor '{name}' {fault} (it begins at byte {entry.Begin} of the data, expected {at})");
            }

            if (entry.End < entry.Begin || entry.End > dataBytes)
            {
                throw Fault($"tensor '{name}' ends at byte {entry.End} of the data, which has {dataBytes} bytes: the file is cut short or its header is wrong");
            }

            if (SizeOf(entry) != entry.Bytes)
            {
                throw Fault($"tensor '{name}' is {entry.Type.Name} {Excerpt.Of(entry.ShapeText)} but has {entry.Bytes} bytes");
            }

            at = entry.End;
        }

        if (at != dataBytes) throw Fault($"its tensors take {at} bytes, but {dataBytes} bytes follow the header");
        Entries = ordered;
    }

    /// <summary>Bytes that type and shape ask for, or null when that is no whole number below 2^63.</summary>
    private static long? SizeOf(TensorEntry entry)
    {
        UInt128 bits = (UInt128)entry.Type.Bits;
        foreach (var size in entry.Shape)
        {
            // Strides are formed from the other sizes of an empty tensor too, so those must be sound as well.
            bits *= (UInt128)Math.Max(size, 1);
            if (bits > (UInt128)long.MaxValue) return null;
        }

        if (entry.Shape.Contains(0)) return 0;
        return bits % 8 == 0 ? (long)(bits / 8) : null;
    }
}
