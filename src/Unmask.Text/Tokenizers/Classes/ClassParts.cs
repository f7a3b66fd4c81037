using System.Text.Json.Nodes;

namespace Unmask.Text.Tokenizers.Classes;

/// <summary>Parts of tokenizer.json as classes of transformers make them.</summary>
internal static class ClassParts
{
    public static JsonObject WordPieceOptions(string unknown) => new()
    {
        ["type"] = "WordPiece",
        ["unk_token"] = unknown,
        ["continuing_subword_prefix"] = "##",
        ["max_input_chars_per_word"] = 100,
    };

    public static JsonObject BpeOptions(string? unknown = null, bool fuse = false, bool bytes = false, string suffix = "") => new()
    {
        ["type"] = "BPE",
        ["dropout"] = null,
        ["unk_token"] = unknown,
        ["continuing_subword_prefix"] = "",
        ["end_of_word_suffix"] = suffix,
        ["fuse_unk"] = fuse,
        ["byte_fallback"] = bytes,
        ["ignore_merges"] = false,
    };

    public static JsonObject UnigramOptions(int unknown) => new() { ["type"] = "Unigram", ["unk_id"] = unknown, ["byte_fallback"] = false };

    public static JsonObject Bert(ClassSettings settings, bool clean = true) => new()
    {
        ["type"] = "BertNormalizer",
        ["clean_text"] = clean,
        ["handle_chinese_chars"] = settings.Bool("tokenize_chinese_chars", true),
        ["strip_accents"] = settings.OptionalBool("strip_accents"),
        ["lowercase"] = settings.Bool("do_lower_case", true),
    };

    public static JsonObject ByteLevel(bool prefixSpace = true, bool useRegex = true) => new()
    {
        ["type"] = "ByteLevel",
        ["add_prefix_space"] = prefixSpace,
        ["trim_offsets"] = true,
        ["use_regex"] = useRegex,
    };

    public static JsonObject Metaspace(string scheme, bool split = true) => new()
    {
        ["type"] = "Metaspace",
        ["replacement"] = "\u2581",
        ["prepend_scheme"] = scheme,
        ["split"] = split,
    };

    public static JsonObject Plain(string kind) => new() { ["type"] = kind };

    public static JsonObject WordPieceDecoder(string prefix = "##") => new() { ["type"] = "WordPiece", ["prefix"] = prefix, ["cleanup"] = true };

    public static JsonObject SuffixDecoder() => new() { ["type"] = "BPEDecoder", ["suffix"] = "</w>" };

    public static JsonObject Replace(string text, string content) => new()
    {
        ["type"] = "Replace",
        ["pattern"] = new JsonObject { ["String"] = text },
        ["content"] = content,
    };

    public static JsonObject ReplaceAll(string regex, string content) => new()
    {
        ["type"] = "Replace",
        ["pattern"] = new JsonObject { ["Regex"] = regex },
        ["content"] = content,
    };

    public static JsonObject Split(string kind, string pattern, string behavior) => new()
    {
        ["type"] = "Split",
        ["pattern"] = new JsonObject { [kind] = pattern },
        ["behavior"] = behavior,
        ["invert"] = false,
    };

    public static JsonObject Strip(bool left, bool right) => new() { ["type"] = "Strip", ["strip_left"] = left, ["strip_right"] = right };

    public static JsonObject NormalizerSteps(params JsonNode?[] steps) => Sequence("normalizers", steps);

    public static JsonObject PreTokenizerSteps(params JsonNode?[] steps) => Sequence("pretokenizers", steps);

    public static JsonObject DecoderSteps(params JsonNode?[] steps) => Sequence("decoders", steps);

    private static JsonObject Sequence(string name, JsonNode?[] steps) => new() { ["type"] = "Sequence", [name] = new JsonArray([.. steps.Where(s => s is not null)]) };
}
