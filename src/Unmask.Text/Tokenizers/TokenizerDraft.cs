using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Unmask.Text.Tokenizers.Vocabularies;

namespace Unmask.Text.Tokenizers;

/// <summary>A tokenizer.json in the making.</summary>
internal sealed class TokenizerDraft
{
    private static readonly JsonWriterOptions _options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public JsonObject? Normalizer { get; set; }

    public JsonObject? PreTokenizer { get; set; }

    public JsonObject? PostProcessor { get; set; }

    public JsonObject? Decoder { get; set; }

    /// <summary>The model without vocabulary and merges.</summary>
    public required JsonObject Model { get; init; }

    public required IReadOnlyDictionary<string, int> Vocabulary { get; init; }

    public IReadOnlyList<string>? Merges { get; init; }

    public SortedDictionary<int, AddedToken> Added { get; } = [];

    /// <summary>Has <paramref name="first"/> and <paramref name="last"/> put round a text, where the vocabulary has both.</summary>
    public void Around(string first, string last)
    {
        if (!Vocabulary.TryGetValue(first, out int firstId) || !Vocabulary.TryGetValue(last, out int lastId)) return;
        PostProcessor = new JsonObject
        {
            ["type"] = "TemplateProcessing",
            ["single"] = new JsonArray(Special(first, 0), Sequence("A", 0), Special(last, 0)),
            ["pair"] = new JsonArray(Special(first, 0), Sequence("A", 0), Special(last, 0), Sequence("B", 1), Special(last, 1)),
            ["special_tokens"] = new JsonObject { [first] = Token(first, firstId), [last] = Token(last, lastId) },
        };

        static JsonObject Special(string token, int type) => new() { ["SpecialToken"] = new JsonObject { ["id"] = token, ["type_id"] = type } };
        static JsonObject Sequence(string name, int type) => new() { ["Sequence"] = new JsonObject { ["id"] = name, ["type_id"] = type } };
        static JsonObject Token(string token, int id) => new() { ["id"] = token, ["ids"] = new JsonArray(id), ["tokens"] = new JsonArray(token) };
    }

    public ReadOnlyMemory<byte> ToJson()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, _options))
        {
            writer.WriteStartObject();
            writer.WriteString("version", "1.0");
            writer.WriteNull("truncation");
            writer.WriteNull("padding");
            WriteAdded(writer);
            Write(writer, "normalizer", Normalizer);
            Write(writer, "pre_tokenizer", PreTokenizer);
            Write(writer, "post_processor", PostProcessor);
            Write(writer, "decoder", Decoder);
            WriteModel(writer);
            writer.WriteEndObject();
        }
        return stream.ToArray();
    }

    private void WriteAdded(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("added_tokens");
        foreach (var (id, token) in Added)
        {
            writer.WriteStartObject();
            writer.WriteNumber("id", id);
            writer.WriteString("content", token.Content);
            writer.WriteBoolean("single_word", token.SingleWord);
            writer.WriteBoolean("lstrip", token.LeftStrip);
            writer.WriteBoolean("rstrip", token.RightStrip);
            writer.WriteBoolean("normalized", token.Normalized);
            writer.WriteBoolean("special", token.Special);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    private void WriteModel(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("model");
        foreach (var (name, value) in Model) Write(writer, name, value);
        writer.WriteStartObject("vocab");
        foreach (var (token, id) in Vocabulary.OrderBy(x => x.Value)) writer.WriteNumber(token, id);
        writer.WriteEndObject();
        if (Merges is not null)
        {
            writer.WriteStartArray("merges");
            foreach (var pair in Merges)
            {
                int blank = pair.IndexOf(' ');
                writer.WriteStartArray();
                writer.WriteStringValue(pair[..blank]);
                writer.WriteStringValue(pair[(blank + 1)..]);
                writer.WriteEndArray();
            }
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, string name, JsonNode? value)
    {
        writer.WritePropertyName(name);
        if (value is null) writer.WriteNullValue();
        else value.WriteTo(writer);
    }
}
