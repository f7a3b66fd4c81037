using System.Text.Json;
using System.Text.Json.Nodes;
using Unmask.Text.Json;

namespace Unmask.Text.Tokenizers.Files;

/// <summary>The contents of a tokenizer's files.</summary>
/// <param name="Name">Path of tokenizer.json, for messages.</param>
/// <param name="TokenizerJson">UTF-8 text of tokenizer.json.</param>
/// <param name="Config">tokenizer_config.json; empty where there is none.</param>
/// <param name="SpecialTokensMap">special_tokens_map.json; empty where there is none.</param>
internal sealed record TokenizerFiles(string Name, ReadOnlyMemory<byte> TokenizerJson, JsonObject Config, JsonObject SpecialTokensMap)
{
    /// <summary>The chat templates in files of their own, by name. Where there are any, tokenizer_config.json is not asked for one.</summary>
    public IReadOnlyDictionary<string, string> TemplateFiles { get; init; } = new Dictionary<string, string>();

    /// <summary>The chat templates by name.</summary>
    public IReadOnlyDictionary<string, string> Templates => TemplateFiles.Count > 0 ? TemplateFiles : ChatTemplateFiles.Of(Config);

    /// <summary>Folder of the files; empty where they are in memory only.</summary>
    public string Folder { get; init; } = "";

    /// <summary>Whether there is a tokenizer.json, as against one that was made of older files.</summary>
    public bool IsTokenizerJson { get; init; }

    /// <summary>added_tokens.json; empty where there is none.</summary>
    public JsonObject AddedIds { get; init; } = [];

    /// <summary>The model's config.json; empty where there is none.</summary>
    public JsonObject ModelConfig { get; init; } = [];

    /// <summary>Path of tokenizer_config.json, for messages.</summary>
    public string ConfigName => Path.Combine(Folder, "tokenizer_config.json");

    /// <summary>The content of tokenizer.json, checked whole.</summary>
    public JsonField ParseTokenizer()
    {
        try
        {
            var element = JsonInput.ParseElement(TokenizerJson.Span);
            var root = new JsonField(element, Name);
            return element.ValueKind == JsonValueKind.Object ? root : throw root.Wrong("an object");
        }
        catch (JsonException fault)
        {
            throw JsonInput.NotJson(Name, fault);
        }
    }

    public string? ConfigString(string name) => Text(Config[name]);

    /// <summary>Whether a configuration file sets the member, be it to null.</summary>
    public bool ConfigSays(string name) => Config.ContainsKey(name) || SpecialTokensMap.ContainsKey(name);

    /// <summary>
    /// The text of a special token such as "pad_token", a string or an object with "content". special_tokens_map.json wins where
    /// tokenizer_config.json has no added_tokens_decoder, as in transformers.
    /// </summary>
    public string? SpecialTokenText(string name) => Config["added_tokens_decoder"] is JsonObject
        ? TokenText(Config[name]) ?? TokenText(SpecialTokensMap[name])
        : TokenText(SpecialTokensMap[name]) ?? TokenText(Config[name]);

    /// <summary>The text of a special token, a string or an object with "content"; null for anything else.</summary>
    public static string? TokenText(JsonNode? node) => node is JsonObject token ? Text(token["content"]) : Text(node);

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
