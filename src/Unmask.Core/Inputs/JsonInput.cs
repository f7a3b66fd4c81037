using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Unmask.Core.Inputs;

/// <summary>
/// Reads JSON that may come from a stranger. System.Text.Json finds some faults only when a value is asked for (half a surrogate pair,
/// bytes that are not UTF-8, a doubled name); here everything is checked first, and what is returned can be walked without an exception.
/// </summary>
public static class JsonInput
{
    /// <summary>The deepest nesting of lists and objects.</summary>
    public const int Depth = 64;

    /// <summary>The longest number, in characters: more digits than any double, integer or decimal needs.</summary>
    public const int NumberLength = 1000;

    private const int SmallestNodeBudget = 1_500_000;
    private static readonly JsonReaderOptions Reading = new() { MaxDepth = Depth };
    private static readonly JsonDocumentOptions Document = new() { MaxDepth = Depth };

    /// <summary>The tree; of a doubled name the last value counts, as in Python. Null for <c>null</c>.</summary>
    /// <param name="utf8">JSON in UTF-8, with or without a byte order mark.</param>
    /// <exception cref="JsonException">Anything is wrong with it.</exception>
    public static JsonNode? Parse(ReadOnlySpan<byte> utf8)
    {
        utf8 = Check(utf8, Math.Max(SmallestNodeBudget, utf8.Length / 8));
        return Tree(JsonElement.Parse(utf8, Document));
    }

    /// <inheritdoc cref="Parse(ReadOnlySpan{byte})"/>
    /// <param name="text">JSON as text.</param>
    public static JsonNode? Parse(string text) => Parse(Bytes(text));

    /// <summary>The document, for what is large: lighter than a tree. Of a doubled name <c>TryGetProperty</c> finds the last.</summary>
    /// <inheritdoc cref="Parse(ReadOnlySpan{byte})"/>
    public static JsonElement ParseElement(ReadOnlySpan<byte> utf8) => JsonElement.Parse(Check(utf8, int.MaxValue), Document);

    /// <summary>A record of the program's own, from a file that may have been torn or written by another program.</summary>
    /// <exception cref="JsonException">Anything is wrong with it, or a value does not fit <typeparamref name="T"/>.</exception>
    public static T? Deserialize<T>(ReadOnlySpan<byte> utf8, JsonSerializerOptions options)
    {
        utf8 = Check(utf8, int.MaxValue);
        try
        {
            return JsonSerializer.Deserialize<T>(utf8, options);
        }
        catch (Exception fault) when (fault is not JsonException and not OutOfMemoryException)
        {
            // Constructors and converters of records refuse what does not fit them, each in its own way; the text is what is wrong.
            throw new JsonException(fault.Message, fault);
        }
    }

    /// <summary>The tree of a file.</summary>
    /// <exception cref="UserError">The file cannot be read, or is not valid JSON.</exception>
    public static JsonNode? ReadFile(string path, long limit = InputFile.SmallLimit)
    {
        byte[] bytes = InputFile.ReadBytes(path, limit);
        try
        {
            return Parse(bytes);
        }
        catch (JsonException fault)
        {
            throw NotJson(path, fault);
        }
    }

    /// <summary>The object of a file.</summary>
    /// <exception cref="UserError">The file cannot be read, is not valid JSON, or holds another kind of value.</exception>
    public static JsonObject ReadObject(string path, long limit = InputFile.SmallLimit) =>
        ReadFile(path, limit) as JsonObject ?? throw new UserError($"{path} must hold a JSON object. Download or save it again.");

    /// <summary>The sentence for a file that is not valid JSON.</summary>
    public static UserError NotJson(string path, JsonException fault) =>
        new($"{path} is not valid JSON: {fault.Message.TrimEnd('.')}. Download or save it again.");

    /// <summary>Checks a whole text without making anything of it.</summary>
    /// <returns>The text without its byte order mark.</returns>
    /// <exception cref="JsonException">Anything is wrong with it.</exception>
    public static ReadOnlySpan<byte> Check(ReadOnlySpan<byte> utf8, int nodes = int.MaxValue)
    {
        if (utf8.StartsWith("\uFEFF"u8)) utf8 = utf8[3..];
        var reader = new Utf8JsonReader(utf8, Reading);
        char[] room = [];
        int seen = 0;
        while (reader.Read())
        {
            if (++seen > nodes) throw new JsonException($"It holds more than {nodes} values.");
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName) CheckText(ref reader, ref room);
            else if (reader.TokenType is JsonTokenType.Number && reader.ValueSpan.Length > NumberLength)
                throw new JsonException($"A number of {reader.ValueSpan.Length} characters; at most {NumberLength} are read.");
        }

        return utf8;
    }

    private static void CheckText(ref Utf8JsonReader reader, ref char[] room)
    {
        if (!reader.ValueIsEscaped && Ascii.IsValid(reader.ValueSpan)) return;
        if (room.Length < reader.ValueSpan.Length) room = new char[reader.ValueSpan.Length];
        try
        {
            reader.CopyString(room);
        }
        catch (InvalidOperationException)
        {
            throw new JsonException($"A text at byte {reader.TokenStartIndex} holds half a surrogate pair or bytes that are not UTF-8.");
        }
    }

    private static JsonNode? Tree(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                var members = new JsonObject();
                foreach (var member in value.EnumerateObject()) members[member.Name] = Tree(member.Value);
                return members;
            case JsonValueKind.Array:
                var items = new JsonArray();
                foreach (var item in value.EnumerateArray()) items.Add(Tree(item));
                return items;
            default:
                return value.ValueKind == JsonValueKind.Null ? null : JsonValue.Create(value);
        }
    }

    private static byte[] Bytes(string text)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetBytes(text);
        }
        catch (EncoderFallbackException fault)
        {
            throw new JsonException($"The text holds half a surrogate pair at character {fault.Index}.", fault);
        }
    }
}
