using Unmask.Text.Tokenizers.PostProcessors;
using static Unmask.Text.Tokenizers.Classes.ClassParts;

namespace Unmask.Text.Tokenizers.Classes;

/// <summary>Classes with byte-pair encoding over bytes or over words.</summary>
internal static class BytePairClasses
{
    public const string QwenPattern =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string QwenPatternWithMarks =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>GPT-2's special tokens by name.</summary>
    public static IReadOnlyDictionary<string, string> EndOfTextTokens { get; } = new Dictionary<string, string>
    {
        ["bos_token"] = "<|endoftext|>",
        ["eos_token"] = "<|endoftext|>",
        ["unk_token"] = "<|endoftext|>",
    };

    /// <summary>RoBERTa's special tokens by name.</summary>
    public static IReadOnlyDictionary<string, string> RobertaTokens { get; } = new Dictionary<string, string>
    {
        ["bos_token"] = "<s>",
        ["eos_token"] = "</s>",
        ["unk_token"] = "<unk>",
        ["sep_token"] = "</s>",
        ["pad_token"] = "<pad>",
        ["cls_token"] = "<s>",
        ["mask_token"] = "<mask>",
    };

    private static readonly Dictionary<string, string> _deberta = new()
    {
        ["bos_token"] = "[CLS]",
        ["eos_token"] = "[SEP]",
        ["unk_token"] = "[UNK]",
        ["sep_token"] = "[SEP]",
        ["pad_token"] = "[PAD]",
        ["cls_token"] = "[CLS]",
        ["mask_token"] = "[MASK]",
    };

    private static readonly Dictionary<string, string> _qwen = new()
    {
        ["eos_token"] = "<|endoftext|>",
        ["unk_token"] = "<|endoftext|>",
        ["pad_token"] = "<|endoftext|>",
    };

    private static readonly Dictionary<string, string> _neox = new(EndOfTextTokens) { ["pad_token"] = "<|padding|>" };

    private static readonly Dictionary<string, string> _cohere = new()
    {
        ["bos_token"] = "<BOS_TOKEN>",
        ["eos_token"] = "<|END_OF_TURN_TOKEN|>",
        ["unk_token"] = "<UNK>",
        ["sep_token"] = "<SEP>",
        ["pad_token"] = "<PAD>",
        ["cls_token"] = "<CLS>",
        ["mask_token"] = "<MASK_TOKEN>",
    };

    public static TokenizerClass Gpt2(ClassSettings settings) => Bytes("GPT2Tokenizer", settings, EndOfTextTokens);

    public static TokenizerClass CodeGen(ClassSettings settings) => Bytes("CodeGenTokenizer", settings, EndOfTextTokens);

    public static TokenizerClass Roberta(ClassSettings settings)
    {
        bool prefixSpace = settings.Bool("add_prefix_space", false), trim = settings.Bool("trim_offsets", true);
        return Bytes("RobertaTokenizer", settings, RobertaTokens) with
        {
            PostProcessor = ids => new PostProcessorSequence(
                [new ByteLevelOffsets(trim, prefixSpace), TemplateProcessing.Around(ids.Named("cls_token"), ids.Named("sep_token"))]),
        };
    }

    public static TokenizerClass Blenderbot(ClassSettings settings) => Bytes("BlenderbotTokenizer", settings, RobertaTokens, prefixSpace: true) with { MaskStripsLeft = true };

    public static TokenizerClass Deberta(ClassSettings settings) => Bytes("DebertaTokenizer", settings, _deberta) with
    {
        PostProcessor = ids => TemplateProcessing.Around(ids.Named("cls_token"), ids.Named("sep_token")),
    };

    public static TokenizerClass GptNeoX(ClassSettings settings) => Bytes("GPTNeoXTokenizer", settings, _neox) with { Normalizer = Plain("NFC") };

    public static TokenizerClass Cohere(ClassSettings settings)
    {
        bool prefixSpace = settings.Bool("add_prefix_space", false);
        return Bytes("CohereTokenizer", settings, _cohere) with
        {
            Normalizer = Plain("NFC"),
            PreTokenizer = PreTokenizerSteps(new System.Text.Json.Nodes.JsonObject { ["type"] = "Digits", ["individual_digits"] = true }, ByteLevel(prefixSpace)),
            SecondTurn = SecondTurn.Special,
        };
    }

    public static TokenizerClass Qwen2(ClassSettings settings) => Qwen("Qwen2Tokenizer", settings, QwenPattern) with { SecondTurn = SecondTurn.Plain };

    public static TokenizerClass Qwen35(ClassSettings settings) => Qwen("Qwen3_5Tokenizer", settings, QwenPatternWithMarks);

    public static TokenizerClass OpenAi(ClassSettings settings) => Words("OpenAIGPTTokenizer", settings, new Dictionary<string, string> { ["unk_token"] = "<unk>" }) with
    {
        Normalizer = new System.Text.Json.Nodes.JsonObject { ["type"] = "BertNormalizer", ["lowercase"] = true },
    };

    public static TokenizerClass Herbert(ClassSettings settings) =>
        Words("HerbertTokenizer", settings, RobertaTokens.Where(x => x.Key is not ("bos_token" or "eos_token")).ToDictionary()) with
        {
            Normalizer = new System.Text.Json.Nodes.JsonObject { ["type"] = "BertNormalizer", ["lowercase"] = false, ["strip_accents"] = false },
            PostProcessor = ids => TemplateProcessing.Around((ids.Named("cls_token").Token, 0), (ids.Named("sep_token").Token, 2)),
        };

    private static TokenizerClass Bytes(string name, ClassSettings settings, IReadOnlyDictionary<string, string> defaults, bool prefixSpace = false) => new(name, "BPE")
    {
        Options = BpeOptions(),
        PreTokenizer = ByteLevel(settings.Bool("add_prefix_space", prefixSpace)),
        Decoder = ByteLevel(),
        Defaults = defaults,
    };

    private static TokenizerClass Qwen(string name, ClassSettings settings, string pattern) => Bytes(name, settings, _qwen) with
    {
        Normalizer = Plain("NFC"),
        PreTokenizer = PreTokenizerSteps(Split("Regex", pattern, "Isolated"), ByteLevel(settings.Bool("add_prefix_space", false), useRegex: false)),
    };

    private static TokenizerClass Words(string name, ClassSettings settings, IReadOnlyDictionary<string, string> defaults) => new(name, "BPE")
    {
        Options = BpeOptions(settings.Token("unk_token", "<unk>"), suffix: "</w>"),
        PreTokenizer = Plain("BertPreTokenizer"),
        Decoder = SuffixDecoder(),
        Defaults = defaults,
    };
}
