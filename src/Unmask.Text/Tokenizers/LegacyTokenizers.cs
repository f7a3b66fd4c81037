using System.Text.Json.Nodes;
using Unmask.Text.Tokenizers.Classes;
using Unmask.Text.Tokenizers.Files;
using Unmask.Text.Tokenizers.Vocabularies;

namespace Unmask.Text.Tokenizers;

/// <summary>
/// Writes the tokenizer.json that older files amount to: a word list (BERT), or a vocabulary with merges (GPT-2, RoBERTa, Qwen2).
/// </summary>
internal static class LegacyTokenizers
{
    /// <summary>BERT's vocab.txt: a token a line, ids from 0.</summary>
    public static ReadOnlyMemory<byte> FromWordList(TokenizerFiles files, string text)
    {
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        var lines = text.Split('\n');
        int count = lines[^1].Length == 0 ? lines.Length - 1 : lines.Length;
        for (int i = 0; i < count; i++) vocabulary[lines[i].TrimEnd('\r')] = i;
        if (vocabulary.Count == 0) throw new UserError($"{files.Name} is empty. It must have one token per line.");

        string Text(string name, string otherwise) => files.SpecialTokenText(name) ?? otherwise;
        var (cls, sep, unknown) = (Text("cls_token", "[CLS]"), Text("sep_token", "[SEP]"), Text("unk_token", "[UNK]"));
        var draft = new TokenizerDraft
        {
            Normalizer = new JsonObject
            {
                ["type"] = "BertNormalizer",
                ["clean_text"] = true,
                ["handle_chinese_chars"] = Flag(files, "tokenize_chinese_chars") ?? true,
                ["strip_accents"] = Flag(files, "strip_accents"),
                ["lowercase"] = Flag(files, "do_lower_case") ?? true,
            },
            PreTokenizer = new JsonObject { ["type"] = "BertPreTokenizer" },
            Decoder = new JsonObject { ["type"] = "WordPiece", ["prefix"] = "##", ["cleanup"] = true },
            Model = new JsonObject
            {
                ["type"] = "WordPiece",
                ["unk_token"] = unknown,
                ["continuing_subword_prefix"] = "##",
                ["max_input_chars_per_word"] = 100,
            },
            Vocabulary = vocabulary,
        };
        foreach (var token in new[] { Text("pad_token", "[PAD]"), unknown, cls, sep, Text("mask_token", "[MASK]") }.Distinct())
            if (vocabulary.TryGetValue(token, out int id)) draft.Added[id] = new AddedToken(token, true);
        draft.Around(cls, sep);
        return draft.ToJson();
    }

    /// <summary>vocab.json and merges.txt: byte-level BPE, with what differs by the tokenizer's class.</summary>
    public static ReadOnlyMemory<byte> FromMerges(TokenizerFiles files, JsonObject entries, string merges, string mergesName)
    {
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (token, id) in entries)
        {
            if (id is not JsonValue value || !value.TryGetValue(out int number) || number < 0)
                throw new UserError($"{files.Name}: the id of \"{token}\" is {id?.ToJsonString() ?? "null"}. It must be a whole number, 0 or more. Fetch the file again.");
            vocabulary[token] = number;
        }
        var pairs = merges.Split('\n').Select(l => l.TrimEnd('\r')).Where(l => l.Length > 0 && !l.StartsWith("#version", StringComparison.Ordinal)).ToList();
        foreach (var pair in pairs)
            if (pair.Count(c => c == ' ') != 1) throw new UserError($"{mergesName}: the line \"{pair}\" is no merge: two tokens with one blank between them. Fetch the file again.");

        bool prefixSpace = Flag(files, "add_prefix_space") ?? false;
        var draft = new TokenizerDraft
        {
            Model = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = null,
                ["continuing_subword_prefix"] = "",
                ["end_of_word_suffix"] = "",
                ["fuse_unk"] = false,
                ["byte_fallback"] = false,
                ["ignore_merges"] = false,
            },
            Vocabulary = vocabulary,
            Merges = pairs,
            PreTokenizer = ByteLevel(prefixSpace, true, true),
            PostProcessor = ByteLevel(true, false, true),
            Decoder = ByteLevel(true, true, true),
        };
        AddSpecialTokens(files, draft);
        switch (files.ConfigString("tokenizer_class")?.Replace("Fast", "", StringComparison.Ordinal))
        {
            case null or "GPT2Tokenizer" or "PreTrainedTokenizer":
                break;
            case "Qwen2Tokenizer" or "DreamTokenizer":
                draft.Normalizer = new JsonObject { ["type"] = "NFC" };
                draft.PreTokenizer = new JsonObject
                {
                    ["type"] = "Sequence",
                    ["pretokenizers"] = new JsonArray(
                        new JsonObject
                        {
                            ["type"] = "Split",
                            ["pattern"] = new JsonObject { ["Regex"] = BytePairClasses.QwenPattern },
                            ["behavior"] = "Isolated",
                            ["invert"] = false,
                        },
                        ByteLevel(prefixSpace, true, false)),
                };
                break;
            case "RobertaTokenizer" or "BartTokenizer" or "LongformerTokenizer" or "LEDTokenizer" or "MPNetTokenizer":
                Roberta(files, draft, prefixSpace);
                break;
            case var other:
                throw new UserError($"{files.Name}: a {other} cannot be created from vocab.json and merges.txt. Save it as tokenizer.json (save_pretrained of its fast form) and use that.");
        }
        return draft.ToJson();
    }

    private static void Roberta(TokenizerFiles files, TokenizerDraft draft, bool prefixSpace)
    {
        var cls = files.SpecialTokenText("cls_token") ?? "<s>";
        var sep = files.SpecialTokenText("sep_token") ?? "</s>";
        if (!draft.Vocabulary.TryGetValue(cls, out int clsId) || !draft.Vocabulary.TryGetValue(sep, out int sepId))
            throw new UserError($"{files.Name} lacks {cls} or {sep}, which a RoBERTa tokenizer needs. Name its cls_token and sep_token in tokenizer_config.json.");
        draft.PostProcessor = new JsonObject
        {
            ["type"] = "RobertaProcessing",
            ["sep"] = new JsonArray(sep, sepId),
            ["cls"] = new JsonArray(cls, clsId),
            ["trim_offsets"] = true,
            ["add_prefix_space"] = prefixSpace,
        };
        foreach (var token in new[] { "<s>", "</s>", "<pad>", "<unk>", "<mask>" })
            if (draft.Vocabulary.TryGetValue(token, out int id)) draft.Added.TryAdd(id, new AddedToken(token, true, LeftStrip: token == "<mask>"));
    }

    private static void AddSpecialTokens(TokenizerFiles files, TokenizerDraft draft)
    {
        foreach (var name in new[] { "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token" })
        {
            var text = files.SpecialTokenText(name) ?? (name is "bos_token" or "eos_token" or "unk_token" ? "<|endoftext|>" : null);
            if (text is not null && draft.Vocabulary.TryGetValue(text, out int id)) draft.Added.TryAdd(id, new AddedToken(text, true));
        }
    }

    private static JsonObject ByteLevel(bool prefixSpace, bool trimOffsets, bool useRegex) => new()
    {
        ["type"] = "ByteLevel",
        ["add_prefix_space"] = prefixSpace,
        ["trim_offsets"] = trimOffsets,
        ["use_regex"] = useRegex,
    };

    private static bool? Flag(TokenizerFiles files, string name) =>
        files.Config[name] is JsonValue value && value.TryGetValue(out bool flag) ? flag : null;
}
