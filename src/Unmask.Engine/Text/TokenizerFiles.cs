using System.Text.Json;
using System.Text.Json.Nodes;
using Unmask.Core.Inputs;
using Unmask.Engine.Text.Json;
using Unmask.Engine.Text.Vocabularies;

namespace Unmask.Engine.Text;

/// <summary>The contents of a tokenizer's files.</summary>
/// <param name="Name">Path of tokenizer.json, for messages.</param>
/// <param name="TokenizerJson">UTF-8 text of tokenizer.json.</param>
/// <param name="Config">tokenizer_config.json; empty where there is none.</param>
/// <param name="SpecialTokensMap">special_tokens_map.json; empty where there is none.</param>
/// <param name="Jinja">chat_template.jinja, or null.</param>
internal sealed record TokenizerFiles(
    string Name, ReadOnlyMemory<byte> TokenizerJson, JsonObject Config, JsonObject SpecialTokensMap, string? Jinja)
{
    private static readonly JsonSerializerOptions _indented = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public string? ChatTemplate => Jinja ?? Config["chat_template"] switch
    {
        JsonValue value when value.TryGetValue(out string? text) => text,
        // Several by name: the default one.
        JsonArray list => list.OfType<JsonObject>().Where(x => Text(x["name"]) == "default").Select(x => Text(x["template"])).FirstOrDefault(),
        _ => null,
    };

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

    /// <summary>Writes the files into a folder, which is made where it is missing.</summary>
    /// <param name="further">The special tokens without a part to play.</param>
    /// <param name="className">The class that was followed, where tokenizer_config.json does not name it.</param>
    public void Write(string folder, SpecialTokens special, IReadOnlyDictionary<int, AddedToken> added, IReadOnlyList<string> further, string? className)
    {
        Directory.CreateDirectory(folder);
        using (var file = File.Create(Path.Combine(folder, "tokenizer.json"))) file.Write(TokenizerJson.Span);
        var config = Config.DeepClone().AsObject();
        // Code of a class of the model's own does not lie beside it; what was followed without it is named.
        config.Remove("auto_map");
        if (className is not null) config["tokenizer_class"] = className;
        config.TryAdd("tokenizer_class", "PreTrainedTokenizerFast");
        if (config["added_tokens_decoder"] is null && (SpecialTokensMap.Count > 0 || AddedIds.Count > 0)) TakeAlong(config, added, further);
        // What only a convention told goes along, where naming it changes nothing about the token; fallbacks are made anew when read.
        foreach (var (name, id) in special.All())
        {
            if (special.Found.Contains(name) && id is { } value && TokenText(config[name + "_token"]) is null
                && added.TryGetValue(value, out var token) && token == new AddedToken(token.Content, true)) config[name + "_token"] = token.Content;
        }
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), config.ToJsonString(_indented) + "\n");
        if (Jinja is not null) File.WriteAllText(Path.Combine(folder, "chat_template.jinja"), Jinja);
    }

    // What the older files say goes along as a list of the tokens; they are not read where there is one.
    private void TakeAlong(JsonObject config, IReadOnlyDictionary<int, AddedToken> added, IReadOnlyList<string> further)
    {
        config["added_tokens_decoder"] = ListOf(added);
        foreach (var (name, value) in SpecialTokensMap)
            if (TokenText(value) is { } text) config[name] = text;
        if (further.Count == 0 || config["extra_special_tokens"] is JsonObject) return;
        config.Remove("additional_special_tokens");
        config["extra_special_tokens"] = new JsonArray([.. further.Select(text => (JsonNode)text)]);
    }

    private static JsonObject ListOf(IReadOnlyDictionary<int, AddedToken> added) => new(added.OrderBy(x => x.Key).Select(x =>
        KeyValuePair.Create(x.Key.ToString(System.Globalization.CultureInfo.InvariantCulture), (JsonNode?)new JsonObject
        {
            ["content"] = x.Value.Content,
            ["lstrip"] = x.Value.LeftStrip,
            ["normalized"] = x.Value.Normalized,
            ["rstrip"] = x.Value.RightStrip,
            ["single_word"] = x.Value.SingleWord,
            ["special"] = x.Value.Special,
        })));

    private static string? TokenText(JsonNode? node) => node is JsonObject token ? Text(token["content"]) : Text(node);

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
