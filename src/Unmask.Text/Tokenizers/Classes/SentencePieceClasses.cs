using System.Text.Json.Nodes;
using Unmask.Text.Tokenizers.PostProcessors;
using static Unmask.Text.Tokenizers.Classes.ClassParts;

namespace Unmask.Text.Tokenizers.Classes;

/// <summary>Classes with the vocabularies of SentencePiece, byte-pair encoded.</summary>
internal static class SentencePieceClasses
{
    private static readonly Dictionary<string, string> _llama = new()
    {
        ["bos_token"] = "<s>",
        ["eos_token"] = "</s>",
        ["unk_token"] = "<unk>",
    };

    private static readonly Dictionary<string, string> _gemma = new()
    {
        ["bos_token"] = "<bos>",
        ["eos_token"] = "<eos>",
        ["unk_token"] = "<unk>",
        ["pad_token"] = "<pad>",
        ["mask_token"] = "<mask>",
    };

    public static TokenizerClass Llama(ClassSettings settings)
    {
        bool prefixSpace = settings.Bool("add_prefix_space", true);
        var scheme = !prefixSpace ? "never" : settings.Bool("legacy", false) ? "always" : "first";
        return new("LlamaTokenizer", "BPE")
        {
            Options = BpeOptions(fuse: true, bytes: true),
            PreTokenizer = Metaspace(scheme, split: false),
            Decoder = Bytes(prefixSpace),
            Defaults = _llama,
        };
    }

    public static TokenizerClass CodeLlama(ClassSettings settings) => new("CodeLlamaTokenizer", "BPE")
    {
        Options = BpeOptions(settings.Token("unk_token", "<unk>"), fuse: true, bytes: true),
        PreTokenizer = Metaspace(settings.Bool("add_prefix_space", true) ? "first" : "never", split: false),
        Decoder = Bytes(true),
        Defaults = new Dictionary<string, string>(_llama)
        {
            ["prefix_token"] = "\u2581<PRE>",
            ["middle_token"] = "\u2581<MID>",
            ["suffix_token"] = "\u2581<SUF>",
            ["eot_token"] = "\u2581<EOT>",
            ["fill_token"] = "<FILL_ME>",
        },
        Extra = [
            settings.Token("prefix_token", "\u2581<PRE>"), settings.Token("middle_token", "\u2581<MID>"), settings.Token("suffix_token", "\u2581<SUF>"),
            settings.Token("eot_token", "\u2581<EOT>"), settings.Token("fill_token", "<FILL_ME>")],
        AddsExtra = true,
        PostProcessor = ids => TemplateProcessing.Before(ids.Named("bos_token")),
    };

    public static TokenizerClass Gemma(ClassSettings settings) => new("GemmaTokenizer", "BPE")
    {
        Options = BpeOptions(settings.Token("unk_token", "<unk>"), fuse: true, bytes: true),
        Normalizer = Replace(" ", "\u2581"),
        PreTokenizer = Split("String", " ", "MergedWithPrevious"),
        Decoder = Bytes(false),
        Defaults = _gemma,
    };

    public static TokenizerClass Reformer(ClassSettings settings, JsonNode? rules) => new("ReformerTokenizer", "BPE")
    {
        Options = BpeOptions(settings.Token("unk_token", "<unk>"), fuse: true),
        Normalizer = rules is null ? null : NormalizerSteps(rules, ReplaceAll(" {2,}", " ")),
        PreTokenizer = Metaspace("always"),
        Decoder = Metaspace("always"),
        Defaults = new Dictionary<string, string> { ["eos_token"] = "</s>", ["unk_token"] = "<unk>" },
        SecondTurn = SecondTurn.Special,
    };

    private static JsonObject Bytes(bool stripsFirst) => DecoderSteps(
        Replace("\u2581", " "), Plain("ByteFallback"), Plain("Fuse"),
        stripsFirst ? new JsonObject { ["type"] = "Strip", ["content"] = " ", ["start"] = 1, ["stop"] = 0 } : null);
}
