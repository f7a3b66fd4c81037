using System.Text.Json.Nodes;
using Unmask.Text.Tokenizers.PostProcessors;
using static Unmask.Text.Tokenizers.Classes.ClassParts;

namespace Unmask.Text.Tokenizers.Classes;

/// <summary>Classes with SentencePiece's unigram model.</summary>
internal static class UnigramClasses
{
    private static readonly Dictionary<string, string> _angles = new()
    {
        ["bos_token"] = "<s>",
        ["eos_token"] = "</s>",
        ["unk_token"] = "<unk>",
        ["sep_token"] = "</s>",
        ["pad_token"] = "<pad>",
        ["cls_token"] = "<s>",
        ["mask_token"] = "<mask>",
    };

    private static readonly Dictionary<string, string> _brackets = new()
    {
        ["bos_token"] = "[CLS]",
        ["eos_token"] = "[SEP]",
        ["unk_token"] = "<unk>",
        ["sep_token"] = "[SEP]",
        ["pad_token"] = "<pad>",
        ["cls_token"] = "[CLS]",
        ["mask_token"] = "[MASK]",
    };

    /// <param name="rules">The Precompiled normalizer of tokenizer.json.</param>
    public static TokenizerClass T5(ClassSettings settings, JsonNode? rules)
    {
        int extra = settings.Int("extra_ids", 100, 100_000);
        return new("T5Tokenizer", "Unigram")
        {
            Options = UnigramOptions(2),
            Normalizer = rules,
            PreTokenizer = PreTokenizerSteps(Plain("WhitespaceSplit"), Metaspace("always")),
            Decoder = Metaspace("always"),
            Defaults = new Dictionary<string, string> { ["eos_token"] = "</s>", ["unk_token"] = "<unk>", ["pad_token"] = "<pad>" },
            Extra = [.. Enumerable.Range(0, extra).Select(i => $"<extra_id_{i}>")],
            AddsExtra = true,
            PostProcessor = ids => TemplateProcessing.After(("</s>", ids.Named("eos_token").Id)),
        };
    }

    public static TokenizerClass Albert(ClassSettings settings)
    {
        bool lower = settings.Bool("do_lower_case", true), keepAccents = settings.Bool("keep_accents", false);
        var scheme = settings.Bool("add_prefix_space", true) ? "always" : "never";
        return new("AlbertTokenizer", "Unigram")
        {
            Options = UnigramOptions(1),
            Normalizer = NormalizerSteps(
                Replace("``", "\""), Replace("''", "\""), Plain("NFKD"), Plain("StripAccents"), Plain("Lowercase"), ReplaceAll(" {2,}", " "),
                keepAccents ? null : Plain("NFKD"), keepAccents ? null : Plain("StripAccents"), lower ? Plain("Lowercase") : null, ReplaceAll(" {2,}", " ")),
            PreTokenizer = PreTokenizerSteps(Plain("WhitespaceSplit"), Metaspace(scheme)),
            Decoder = Metaspace(scheme),
            Defaults = _brackets,
            PrefersFile = true,
            PostProcessor = ids => TemplateProcessing.Around(("[CLS]", ids.Named("cls_token").Id), ("[SEP]", ids.Named("sep_token").Id)),
        };
    }

    /// <inheritdoc cref="T5"/>
    public static TokenizerClass XlmRoberta(ClassSettings settings, JsonNode? rules)
    {
        var scheme = settings.Bool("add_prefix_space", true) ? "always" : "never";
        return new("XLMRobertaTokenizer", "Unigram")
        {
            Options = UnigramOptions(3),
            Normalizer = rules,
            PreTokenizer = PreTokenizerSteps(Plain("WhitespaceSplit"), Metaspace(scheme)),
            Decoder = Metaspace(scheme),
            Defaults = _angles,
            PostProcessor = ids => TemplateProcessing.Around(ids.Named("bos_token"), ids.Named("eos_token")),
        };
    }

    public static TokenizerClass XlNet(ClassSettings settings) => new("XLNetTokenizer", "Unigram")
    {
        Options = UnigramOptions(settings.Int("unk_id", 0, int.MaxValue)),
        Normalizer = NormalizerSteps(
            Replace("``", "\""), Replace("''", "\""), Plain("NFKD"), Plain("StripAccents"), settings.Bool("do_lower_case", false) ? Plain("Lowercase") : null, ReplaceAll(" {2,}", " ")),
        PreTokenizer = PreTokenizerSteps(Plain("WhitespaceSplit"), Metaspace("always")),
        Decoder = Metaspace("always"),
        Defaults = new Dictionary<string, string>(_angles) { ["sep_token"] = "<sep>", ["cls_token"] = "<cls>" },
        Extra = ["<eop>", "<eod>"],
        MaskStripsLeft = true,
        PostProcessor = ids => TemplateProcessing.After(ids.Named("sep_token"), ids.Named("cls_token")),
    };

    /// <param name="unknown">Place of the unknown token in the vocabulary.</param>
    public static TokenizerClass Camembert(ClassSettings settings, int unknown) => WhiteSpace("CamembertTokenizer", settings, unknown, false) with
    {
        Extra = ["<s>NOTUSED", "</s>NOTUSED", "<unk>NOTUSED"],
        PostProcessor = ids => TemplateProcessing.Around(ids.Named("bos_token"), ids.Named("eos_token")),
    };

    public static TokenizerClass Barthez(ClassSettings settings) => WhiteSpace("BarthezTokenizer", settings, 3, true);

    /// <inheritdoc cref="Camembert"/>
    public static TokenizerClass DebertaV2(ClassSettings settings, int unknown)
    {
        var scheme = settings.Bool("add_prefix_space", true) ? "always" : "first";
        return new("DebertaV2Tokenizer", "Unigram")
        {
            Options = UnigramOptions(unknown),
            Normalizer = NormalizerSteps(
                settings.Bool("do_lower_case", false) ? Plain("Lowercase") : null, ReplaceAll(@"\s{2,}|[\n\r\t]", " "), Plain("NFC"), Strip(false, true)),
            PreTokenizer = PreTokenizerSteps(settings.Bool("split_by_punct", false) ? new JsonObject { ["type"] = "Punctuation", ["behavior"] = "Isolated" } : null, Metaspace(scheme)),
            Decoder = Metaspace(scheme),
            Defaults = new Dictionary<string, string>(_brackets) { ["unk_token"] = "[UNK]", ["pad_token"] = "[PAD]" },
            PostProcessor = ids => TemplateProcessing.Around(ids.Named("cls_token"), ids.Named("sep_token")),
        };
    }

    /// <inheritdoc cref="Camembert"/>
    public static TokenizerClass BigBird(ClassSettings settings, int unknown)
    {
        var scheme = settings.Bool("add_prefix_space", true) ? "always" : "never";
        return new("BigBirdTokenizer", "Unigram")
        {
            Options = UnigramOptions(unknown),
            Normalizer = NormalizerSteps(Strip(false, false), ReplaceAll(" {2,}", "\u2581")),
            PreTokenizer = Metaspace(scheme),
            Decoder = Metaspace(scheme),
            Defaults = new Dictionary<string, string>(_angles) { ["sep_token"] = "[SEP]", ["mask_token"] = "[MASK]", ["cls_token"] = "[CLS]" },
            MaskStripsLeft = true,
            PostProcessor = ids => TemplateProcessing.Around(ids.Named("cls_token"), ids.Named("sep_token")),
        };
    }

    public static TokenizerClass RemBert(ClassSettings settings)
    {
        bool keepAccents = settings.Bool("keep_accents", false);
        var scheme = settings.Bool("add_prefix_space", true) ? "always" : "never";
        return new("RemBertTokenizer", "Unigram")
        {
            Options = UnigramOptions(2),
            Normalizer = NormalizerSteps(
                Replace("``", "\""), Replace("''", "\""), ReplaceAll(" {2,}", " "), keepAccents ? null : Plain("NFKD"), keepAccents ? null : Plain("StripAccents"),
                settings.Bool("do_lower_case", false) ? Plain("Lowercase") : null, ReplaceAll(@"[\n\r\t]", " "), Plain("NFKC")),
            PreTokenizer = Metaspace(scheme),
            Decoder = Metaspace(scheme),
            Defaults = _brackets,
            SecondTurn = SecondTurn.Special,
            NeedsFile = true,
            PostProcessor = ids => TemplateProcessing.Around(ids.Named("cls_token"), ids.Named("sep_token")),
        };
    }

    public static TokenizerClass Xglm(ClassSettings settings)
    {
        var scheme = settings.Bool("add_prefix_space", true) ? "always" : "never";
        return new("XGLMTokenizer", "Unigram")
        {
            Options = UnigramOptions(3),
            Normalizer = NormalizerSteps(ReplaceAll(@"[\n\r\t]", " "), Plain("NFKC"), ReplaceAll(" {2,}", " ")),
            PreTokenizer = Metaspace(scheme),
            Decoder = Metaspace(scheme),
            Defaults = _angles.Where(x => x.Key != "mask_token").ToDictionary(),
            Extra = [.. Enumerable.Range(0, 7).Select(i => $"<madeupword{i}>")],
            AddsExtra = true,
            PostProcessor = ids => TemplateProcessing.Around(ids.Named("eos_token"), ids.Named("eos_token")),
        };
    }

    private static TokenizerClass WhiteSpace(string name, ClassSettings settings, int unknown, bool composes)
    {
        var scheme = settings.Bool("add_prefix_space", true) ? "always" : "never";
        return new(name, "Unigram")
        {
            Options = UnigramOptions(unknown),
            Normalizer = NormalizerSteps(ReplaceAll(@"\s{2,}|[\n\r\t]", " "), composes ? Plain("NFC") : null, Strip(false, true)),
            PreTokenizer = Metaspace(scheme),
            Decoder = Metaspace(scheme),
            Defaults = _angles,
            MaskStripsLeft = true,
        };
    }
}
