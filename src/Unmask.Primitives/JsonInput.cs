using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Unmask.Primitives;

/// <summary>What a text may not hold although it is JSON.</summary>
[Flags]
public enum JsonRules
{
    /// <summary>Nothing more.</summary>
    None = 0,

    /// <summary>No list holds null, which no annotation of a type says.</summary>
    NoNullInLists = 1,

    /// <summary>No text holds the character NUL.</summary>
    NoNul = 2,
}

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
    public static T? Deserialize<T>(ReadOnlySpan<byte> utf8, JsonSerializerOptions options, JsonRules rules = JsonRules.None)
    {
        utf8 = Check(utf8, rules: rules);
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
        new($"{path} is not valid JSON: {Reason(fault)}. Download or save it again.");

    /// <summary>What is wrong and where, without a full stop: the library's words, and the place in a person's.</summary>
    public static string Reason(JsonException fault) =>
        $"{(fault.Path is null or "$" ? "" : $"{Excerpt.Of(fault.Path)}: ")}{ReasonAlone(fault)}{(fault.LineNumber is { } line ? $" (line {line + 1}, byte {fault.BytePositionInLine + 1})" : "")}";

    /// <summary>What is wrong, for those who know the place better.</summary>
    public static string ReasonAlone(JsonException fault)
    {
        int cut = fault.Message.IndexOf(fault.Message.Contains(" Path: ", StringComparison.Ordinal) ? " Path: " : " LineNumber: ", StringComparison.Ordinal);
        // The library quotes all that follows an unknown word.
        return Excerpt.OfBothEnds((cut >= 0 ? fault.Message[..cut] : fault.Message).TrimEnd(' ', '.'));
    }

    /// <summary>Checks a whole text without making anything of it.</summary>
    /// <returns>The text without its byte order mark.</returns>
    /// <exception cref="JsonException">Anything is wrong with it.</exception>
    public static ReadOnlySpan<byte> Check(ReadOnlySpan<byte> utf8, int nodes = int.MaxValue, JsonRules rules = JsonRules.None)
    {
        if (utf8.StartsWith("\uFEFF"u8)) utf8 = utf8[3..];
        var reader = new Utf8JsonReader(utf8, Reading);
        char[] room = [];
        int seen = 0;
        // Of what is open, from the outermost in, what is a list; there is no more of it than Depth.
        ulong lists = 0;
        while (reader.Read())
        {
            if (++seen > nodes) throw new JsonException($"It holds more than {nodes} values.");
            switch (reader.TokenType)
            {
                case JsonTokenType.String or JsonTokenType.PropertyName:
                    CheckText(ref reader, ref room, rules);
                    break;
                case JsonTokenType.Number when reader.ValueSpan.Length > NumberLength:
                    throw new JsonException($"A number of {reader.ValueSpan.Length} characters; at most {NumberLength} are read.");
                case JsonTokenType.StartArray or JsonTokenType.StartObject:
                    lists = (lists << 1) | (reader.TokenType == JsonTokenType.StartArray ? 1UL : 0);
                    break;
                case JsonTokenType.EndArray or JsonTokenType.EndObject:
                    lists >>= 1;
                    break;
                case JsonTokenType.Null when (lists & 1) == 1 && rules.HasFlag(JsonRules.NoNullInLists):
                    throw new JsonException("A list contains null. Remove the null.");
            }
        }

        return utf8;
    }

    private static void CheckText(ref Utf8JsonReader reader, ref char[] room, JsonRules rules)
    {
        if (!reader.ValueIsEscaped && Ascii.IsValid(reader.ValueSpan)) return;
        if (room.Length < reader.ValueSpan.Length) room = new char[reader.ValueSpan.Length];
        try
        {
            int length = reader.CopyString(room);
            if (rules.HasFlag(JsonRules.NoNul) && room.AsSpan(0, length).Contains('\0')) throw new JsonException("A text contains the character NUL (\\u0000). Remove the character.");
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
