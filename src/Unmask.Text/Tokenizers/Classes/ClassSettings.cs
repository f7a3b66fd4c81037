using System.Text.Json.Nodes;
using Unmask.Text.Tokenizers.Files;

namespace Unmask.Text.Tokenizers.Classes;

/// <summary>
/// The settings of a tokenizer, from tokenizer_config.json and, where that has no added_tokens_decoder, special_tokens_map.json over it.
/// </summary>
internal sealed class ClassSettings
{
    private readonly JsonObject _members;
    private readonly string _file;

    public ClassSettings(TokenizerFiles files)
    {
        _file = files.ConfigName;
        _members = files.Config;
        HasDecoder = _members["added_tokens_decoder"] is not null;
        // The older name counts where the newer one is not there.
        HasExtra = _members.ContainsKey("extra_special_tokens") || _members.ContainsKey("additional_special_tokens");
        Extra = _members.ContainsKey("extra_special_tokens") ? _members["extra_special_tokens"] : _members["additional_special_tokens"];
        NamedExtra = Extra as JsonObject;
        if (NamedExtra is not null) (HasExtra, Extra) = (false, null);
        if (HasDecoder || files.SpecialTokensMap.Count == 0) return;
        _members = files.Config.DeepClone().AsObject();
        foreach (var (name, value) in files.SpecialTokensMap)
        {
            if (name == "additional_special_tokens") OlderExtra = value;
            else if (name == "extra_special_tokens") (HasExtra, Extra) = (true, Merged(value));
            else _members[name] = value?.DeepClone();
        }
    }

    /// <summary>Whether a file lists further special tokens, be it as null.</summary>
    public bool HasExtra { get; }

    /// <summary>The further special tokens: a list.</summary>
    public JsonNode? Extra { get; }

    /// <summary>Further special tokens with names of their own, or null.</summary>
    public JsonObject? NamedExtra { get; }

    /// <summary>The further special tokens of special_tokens_map.json under their older name, which count where there are no others.</summary>
    public JsonNode? OlderExtra { get; }

    /// <summary>Whether tokenizer_config.json lists the added tokens.</summary>
    public bool HasDecoder { get; }

    public IEnumerable<(string Name, JsonNode? Value)> Members => _members.Select(x => (x.Key, x.Value));

    public JsonNode? this[string name] => _members[name];

    /// <summary>Whether the member is there, be it null.</summary>
    public bool Says(string name) => _members.ContainsKey(name);

    public bool Bool(string name, bool otherwise) => OptionalBool(name) ?? otherwise;

    public bool? OptionalBool(string name) => _members[name] switch
    {
        null => null,
        JsonValue value when value.TryGetValue(out bool flag) => flag,
        var other => throw Error(name, other, "true or false"),
    };

    public int Int(string name, int otherwise, int most) => _members[name] switch
    {
        null => otherwise,
        JsonValue value when value.TryGetValue(out int number) && number >= 0 && number <= most => number,
        var other => throw Error(name, other, $"a whole number from 0 to {most}"),
    };

    /// <summary>Text of a special token, or <paramref name="otherwise"/> where no file names it.</summary>
    public string Token(string name, string otherwise) => TextOf(_members[name]) ?? otherwise;

    private JsonNode? Merged(JsonNode? more)
    {
        if (more is not JsonArray list) return more;
        var all = Extra is JsonArray first ? first.DeepClone().AsArray() : [];
        foreach (var token in list)
            if (!all.Any(known => JsonNode.DeepEquals(known, token))) all.Add(token?.DeepClone());
        return all;
    }

    public UserError Error(string name, JsonNode? value, string wanted)
    {
        var text = value?.ToJsonString() ?? "null";
        return new UserError($"{_file}: {name} is {(text.Length > 60 ? text[..60] + "…" : text)}. It must be {wanted}. Fix the file, or download it again.");
    }

    /// <summary>A token that is written as its text, or as an object with "content".</summary>
    public static string? TextOf(JsonNode? node) => node switch
    {
        JsonValue value when value.TryGetValue(out string? text) => text,
        JsonObject token when token["content"] is JsonValue value && value.TryGetValue(out string? text) => text,
        _ => null,
    };
}
