using System.Text.Json;
using System.Text.Json.Nodes;
using Unmask.Text.Tokenizers.Files;
using Unmask.Text.Tokenizers.Vocabularies;

namespace Unmask.Text.Tokenizers;

/// <summary>Writes a tokenizer's files, so that what they leave to convention here is said in them.</summary>
internal static class TokenizerWriter
{
    private static readonly JsonSerializerOptions _indented = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes the files into a folder, which is made where it is missing.</summary>
    /// <param name="files">What they hold.</param>
    /// <param name="further">The special tokens without a part to play.</param>
    /// <param name="className">Name of the followed class, where tokenizer_config.json does not name it.</param>
    public static void Write(TokenizerFiles files, string folder, SpecialTokens special, IReadOnlyDictionary<int, AddedToken> added, IReadOnlyList<string> further, string? className)
    {
        Directory.CreateDirectory(folder);
        using (var file = File.Create(Path.Combine(folder, "tokenizer.json"))) file.Write(files.TokenizerJson.Span);
        var config = files.Config.DeepClone().AsObject();
        // The model's own code is not beside it; what was followed without that code is named.
        config.Remove("auto_map");
        if (className is not null) config["tokenizer_class"] = className;
        config.TryAdd("tokenizer_class", "PreTrainedTokenizerFast");
        if (files.Templates.Count > 0) config.Remove("chat_template");
        if (config["added_tokens_decoder"] is null && (files.SpecialTokensMap.Count > 0 || files.AddedIds.Count > 0)) TakeAlong(files, config, added, further);
        // What only a convention told goes along, where naming it changes nothing about the token; fallbacks are made anew when read.
        foreach (var (name, id) in special.All())
        {
            if (special.Found.Contains(name) && id is { } value && TokenizerFiles.TokenText(config[name + "_token"]) is null
                && added.TryGetValue(value, out var token) && token == new AddedToken(token.Content, true)) config[name + "_token"] = token.Content;
        }
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), config.ToJsonString(_indented) + "\n");
        ChatTemplateFiles.Write(files.Templates, folder);
    }

    // What the older files say goes along as a list of the tokens; they are not read where there is one.
    private static void TakeAlong(TokenizerFiles files, JsonObject config, IReadOnlyDictionary<int, AddedToken> added, IReadOnlyList<string> further)
    {
        config["added_tokens_decoder"] = ListOf(added);
        foreach (var (name, value) in files.SpecialTokensMap)
            if (TokenizerFiles.TokenText(value) is { } text) config[name] = text;
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
}
