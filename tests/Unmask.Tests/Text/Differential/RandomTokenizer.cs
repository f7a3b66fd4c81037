using System.Text.Json.Nodes;

namespace Unmask.Tests.Text.Differential;

/// <summary>Draws tokenizer.json files: every kind of part with random options, vocabularies of the letters that <see cref="RandomText"/> writes.</summary>
internal sealed class RandomTokenizer(Random random)
{
    private static readonly string[] _added =
        ["[MASK]", "<s>", "</s>", "Hey", "lo", "[X] ", " <sep>", "é", "ab", "<|end|>", "aé", "日", "😀", "a b", "</", "HELLO", "##b", "\u0301"];

    private static readonly string[] _regexes =
        [" ", "\\s+", "[a-z]+", "\\p{L}+|\\p{N}{1,3}", "'s|'t| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+", "a", "[^a-z]", "(?i:he)", "\\d", "$", "^a", "b*", "\\w+|[^\\w\\s]+"];

    public JsonObject Draw()
    {
        var model = Model();
        return new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = Added(),
            ["normalizer"] = Maybe(() => Normalizer(2)),
            ["pre_tokenizer"] = Maybe(() => PreTokenizer(2)),
            ["post_processor"] = Maybe(PostProcessor),
            ["decoder"] = Maybe(() => Decoder(2)),
            ["model"] = model,
        };
    }

    private bool Often => random.NextDouble() < 0.7;

    private bool Half => random.Next(2) == 0;

    private T Of<T>(params T[] choices) => choices[random.Next(choices.Length)];

    private JsonNode? Maybe(Func<JsonNode> draw) => Often ? draw() : null;

    private JsonArray Added()
    {
        var tokens = new JsonArray();
        int id = 1000;
        foreach (var content in _added.OrderBy(_ => random.Next()).Take(random.Next(8)))
        {
            tokens.Add(new JsonObject
            {
                ["id"] = id++,
                ["content"] = content,
                ["single_word"] = random.Next(4) == 0,
                ["lstrip"] = random.Next(4) == 0,
                ["rstrip"] = random.Next(4) == 0,
                ["normalized"] = Half,
                ["special"] = Half,
            });
        }
        return tokens;
    }

    private JsonObject Pattern() => Half ? new() { ["String"] = Of(" ", "a", "lo", "é", "  ", "-", "\u2581") } : new() { ["Regex"] = Of(_regexes) };

    private JsonObject Normalizer(int depth)
    {
        if (depth > 0 && random.Next(3) == 0)
            return new() { ["type"] = "Sequence", ["normalizers"] = new JsonArray([.. Enumerable.Range(0, random.Next(4)).Select(_ => (JsonNode)Normalizer(depth - 1))]) };
        var kind = Of("NFC", "NFD", "NFKC", "NFKD", "Lowercase", "Strip", "StripAccents", "Replace", "Prepend", "BertNormalizer", "Nmt", "ByteLevel");
        var made = new JsonObject { ["type"] = kind };
        switch (kind)
        {
            case "Strip":
                (made["strip_left"], made["strip_right"]) = (Half, Half);
                break;
            case "Replace":
                (made["pattern"], made["content"]) = (Pattern(), Of("", " ", "a", "\u2581", "xy", "é"));
                break;
            case "Prepend":
                made["prepend"] = Of("\u2581", " ", "ab");
                break;
            case "BertNormalizer":
                (made["clean_text"], made["handle_chinese_chars"], made["lowercase"]) = (Half, Half, Half);
                made["strip_accents"] = Of<bool?>(null, true, false);
                break;
        }
        return made;
    }

    private JsonObject PreTokenizer(int depth)
    {
        if (depth > 0 && random.Next(3) == 0)
            return new() { ["type"] = "Sequence", ["pretokenizers"] = new JsonArray([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => (JsonNode)PreTokenizer(depth - 1))]) };
        var kind = Of("ByteLevel", "Split", "Whitespace", "WhitespaceSplit", "BertPreTokenizer", "Punctuation", "Digits", "CharDelimiterSplit", "Metaspace", "UnicodeScripts", "FixedLength");
        var made = new JsonObject { ["type"] = kind };
        switch (kind)
        {
            case "ByteLevel":
                (made["add_prefix_space"], made["trim_offsets"], made["use_regex"]) = (Half, Half, Half);
                break;
            case "Split":
                (made["pattern"], made["behavior"], made["invert"]) = (Pattern(), Behavior(), Half);
                break;
            case "Punctuation":
                made["behavior"] = Behavior();
                break;
            case "Digits":
                made["individual_digits"] = Half;
                break;
            case "CharDelimiterSplit":
                made["delimiter"] = Of(" ", "a", "-");
                break;
            case "Metaspace":
                Metaspace(made);
                break;
            case "FixedLength":
                made["length"] = random.Next(1, 6);
                break;
        }
        return made;
    }

    private string Behavior() => Of("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous");

    private void Metaspace(JsonObject made) => (made["replacement"], made["prepend_scheme"], made["split"]) = (Of("\u2581", "_"), Of("always", "first", "never"), Half);

    private JsonObject PostProcessor() => Of(0, 1, 2, 3) switch
    {
        0 => new()
        {
            ["type"] = "TemplateProcessing",
            ["single"] = new JsonArray([.. Enumerable.Range(0, random.Next(3)).Select(_ => (JsonNode)Special()), Sequence("A"), .. Enumerable.Range(0, random.Next(3)).Select(_ => (JsonNode)Special())]),
            ["pair"] = new JsonArray(Sequence("A"), Sequence("B")),
            ["special_tokens"] = new JsonObject { ["<s>"] = new JsonObject { ["id"] = "<s>", ["ids"] = new JsonArray(2, 3), ["tokens"] = new JsonArray("<s>", "x") } },
        },
        1 => new() { ["type"] = "BertProcessing", ["sep"] = new JsonArray("</s>", 1), ["cls"] = new JsonArray("<s>", 2) },
        2 => new() { ["type"] = "RobertaProcessing", ["sep"] = new JsonArray("</s>", 1), ["cls"] = new JsonArray("<s>", 2), ["trim_offsets"] = Half, ["add_prefix_space"] = Half },
        _ => new() { ["type"] = "ByteLevel", ["add_prefix_space"] = Half, ["trim_offsets"] = Half, ["use_regex"] = Half },
    };

    private static JsonObject Special() => new() { ["SpecialToken"] = new JsonObject { ["id"] = "<s>", ["type_id"] = 0 } };

    private static JsonObject Sequence(string name) => new() { ["Sequence"] = new JsonObject { ["id"] = name, ["type_id"] = 0 } };

    private JsonObject Decoder(int depth)
    {
        if (depth > 0 && random.Next(3) == 0)
            return new() { ["type"] = "Sequence", ["decoders"] = new JsonArray([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => (JsonNode)Decoder(depth - 1))]) };
        var kind = Of("ByteLevel", "WordPiece", "Metaspace", "BPEDecoder", "ByteFallback", "Fuse", "Strip", "Replace", "CTC");
        var made = new JsonObject { ["type"] = kind };
        switch (kind)
        {
            case "ByteLevel":
                (made["add_prefix_space"], made["trim_offsets"], made["use_regex"]) = (Half, Half, Half);
                break;
            case "WordPiece":
                (made["prefix"], made["cleanup"]) = (Of("##", "a"), Half);
                break;
            case "Metaspace":
                Metaspace(made);
                break;
            case "BPEDecoder":
                made["suffix"] = Of("</w>", "b");
                break;
            case "Strip":
                (made["content"], made["start"], made["stop"]) = (Of(" ", "a", "\u2581"), random.Next(3), random.Next(3));
                break;
            case "Replace":
                (made["pattern"], made["content"]) = (new JsonObject { ["String"] = Of("\u2581", "a", "é") }, Of("", " ", "xy"));
                break;
            case "CTC":
                (made["pad_token"], made["word_delimiter_token"], made["cleanup"]) = (Of("<pad>", "a"), Of("|", "b"), Half);
                break;
        }
        return made;
    }

    private JsonObject Model() => Of(0, 0, 1, 2, 3) switch
    {
        0 => BytePairs(),
        1 => new()
        {
            ["type"] = "WordPiece",
            ["unk_token"] = "<unk>",
            ["continuing_subword_prefix"] = Of("##", "##", "b"),
            ["max_input_chars_per_word"] = Of(4, 100),
            ["vocab"] = Ids(["<unk>", .. Words(), .. Words().Select(w => "##" + w)]),
        },
        2 => new() { ["type"] = "WordLevel", ["unk_token"] = "<unk>", ["vocab"] = Ids(["<unk>", .. Words()]) },
        _ => new()
        {
            ["type"] = "Unigram",
            ["unk_id"] = 0,
            ["byte_fallback"] = random.Next(3) == 0,
            ["vocab"] = new JsonArray([.. new[] { "<unk>" }.Concat(Words()).Concat(Half ? Bytes() : []).Distinct().Select(w => (JsonNode)new JsonArray(w, -Math.Round(random.NextDouble() * 12, 2)))]),
        },
    };

    private JsonObject BytePairs()
    {
        var prefix = random.Next(6) == 0 ? "##" : "";
        var suffix = random.Next(6) == 0 ? "</w>" : "";
        var tokens = new List<string> { "<unk>" };
        var letters = Often ? RandomText.Letters.Concat(Enumerable.Range(33, 94).Select(c => ((char)c).ToString())).Concat(["Ġ", "Ċ", "Ã", "©", "\u2581"]) : RandomText.Letters.Take(random.Next(4, 20));
        foreach (var letter in letters.Distinct())
        {
            tokens.Add(letter);
            if (prefix.Length > 0) tokens.Add(prefix + letter);
            if (suffix.Length > 0) tokens.Add(letter + suffix);
        }
        bool bytes = random.Next(3) == 0;
        if (bytes && Often) tokens.AddRange(Bytes());
        var merges = new JsonArray();
        for (int i = random.Next(60); i > 0; i--)
        {
            var (left, right) = (tokens[random.Next(1, Math.Min(tokens.Count, 90))], tokens[random.Next(1, Math.Min(tokens.Count, 90))]);
            if (right.Length < prefix.Length) continue;
            var joined = left + right[prefix.Length..];
            tokens.Add(joined);
            merges.Add(Half ? new JsonArray(left, right) : left.Contains(' ') || right.Contains(' ') ? new JsonArray(left, right) : JsonValue.Create(left + " " + right));
        }
        // All merges of a file are written in one way.
        if (merges.Any(m => m is JsonArray)) merges = new JsonArray([.. merges.Select(m => m is JsonArray ? m.DeepClone() : new JsonArray([.. m!.GetValue<string>().Split(' ').Select(p => (JsonNode)p)]))]);
        return new()
        {
            ["type"] = "BPE",
            ["dropout"] = null,
            ["unk_token"] = Of<string?>(null, "<unk>"),
            ["continuing_subword_prefix"] = prefix.Length == 0 ? Of<string?>(null, "") : prefix,
            ["end_of_word_suffix"] = suffix.Length == 0 ? Of<string?>(null, "") : suffix,
            ["fuse_unk"] = Half,
            ["byte_fallback"] = bytes,
            ["ignore_merges"] = random.Next(4) == 0,
            ["vocab"] = Ids(tokens),
            ["merges"] = merges,
        };
    }

    private static IEnumerable<string> Bytes() => Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>");

    private IEnumerable<string> Words()
    {
        var words = RandomText.Letters.Where(_ => Often).ToList();
        for (int i = random.Next(40); i > 0; i--) words.Add(string.Concat(Enumerable.Range(0, random.Next(1, 5)).Select(_ => RandomText.Letters[random.Next(RandomText.Letters.Length)])));
        return words.Concat(["hello", "the", "\u2581a", "\u2581"]).Distinct();
    }

    private static JsonObject Ids(IEnumerable<string> tokens) => new(tokens.Distinct().Select((token, id) => KeyValuePair.Create(token, (JsonNode?)id)));
}
