using System.Text.Json;
using System.Text.Json.Nodes;
using Unmask.Core;
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

    public JsonDocument ParseTokenizer(out JsonField root)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(TokenizerJson);
        }
        catch (JsonException fault)
        {
            throw new UserError($"{Name} is not valid JSON: {fault.Message} Fetch the file again from where the model came from.");
        }
        root = new JsonField(document.RootElement, Name);
        if (document.RootElement.ValueKind != JsonValueKind.Object) throw root.Wrong("an object");
        return document;
    }

    public string? ConfigString(string name) => Text(Config[name]);

    /// <summary>Whether a configuration file sets the member, be it to null.</summary>
    public bool ConfigSays(string name) => Config.ContainsKey(name) || SpecialTokensMap.ContainsKey(name);

    /// <summary>The text of a special token such as "pad_token", a string or an object with "content".</summary>
    public string? SpecialTokenText(string name) => TokenText(Config[name]) ?? TokenText(SpecialTokensMap[name]);

    /// <summary>The tokens of "added_tokens_decoder", by id.</summary>
    public IEnumerable<AddedToken> AddedTokensOfConfig() => AddedTokensWithIds().Select(x => x.Token);

    public IEnumerable<(int Id, AddedToken Token)> AddedTokensWithIds()
    {
        if (Config["added_tokens_decoder"] is not JsonObject decoder) return [];
        return decoder
            .Select(x => (Id: int.TryParse(x.Key, out int id) ? id : -1, Token: x.Value as JsonObject))
            .Where(x => x.Id >= 0 && Text(x.Token?["content"]) is not null)
            .OrderBy(x => x.Id)
            .Select(x => (x.Id, Token: ReadToken(x.Token!)));
    }

    /// <summary>Writes the files into a folder, which is made where it is missing.</summary>
    public void Write(string folder, SpecialTokens special, Func<int, string?> tokenOf)
    {
        Directory.CreateDirectory(folder);
        using (var file = File.Create(Path.Combine(folder, "tokenizer.json"))) file.Write(TokenizerJson.Span);
        var config = Config.DeepClone().AsObject();
        // tokenizer.json says everything; code that belongs to a class of the model's own does not lie beside it.
        if (config.Remove("auto_map")) config["tokenizer_class"] = "PreTrainedTokenizerFast";
        config.TryAdd("tokenizer_class", "PreTrainedTokenizerFast");
        // What only special_tokens_map.json or a convention told goes along; fallbacks are made anew when read.
        foreach (var (name, id) in special.All())
        {
            if (special.Found.Contains(name) && id is { } value && TokenText(config[name + "_token"]) is null) config[name + "_token"] = tokenOf(value);
        }
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), config.ToJsonString(_indented) + "\n");
        if (Jinja is not null) File.WriteAllText(Path.Combine(folder, "chat_template.jinja"), Jinja);
    }

    private static AddedToken ReadToken(JsonObject token)
    {
        bool special = Flag(token["special"], false);
        return new(Text(token["content"])!, special, Flag(token["lstrip"], false), Flag(token["rstrip"], false), Flag(token["single_word"], false),
            Flag(token["normalized"], !special));
    }

    private static string? TokenText(JsonNode? node) => node is JsonObject token ? Text(token["content"]) : Text(node);

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static bool Flag(JsonNode? node, bool otherwise) => node is JsonValue value && value.TryGetValue(out bool flag) ? flag : otherwise;
}
