using Unmask.Text.Tokenizers.PostProcessors;
using static Unmask.Text.Tokenizers.Classes.ClassParts;

namespace Unmask.Text.Tokenizers.Classes;

/// <summary>Classes with BERT's words.</summary>
internal static class WordPieceClasses
{
    /// <summary>BERT's special tokens by name.</summary>
    public static IReadOnlyDictionary<string, string> BertTokens { get; } = new Dictionary<string, string>
    {
        ["unk_token"] = "[UNK]",
        ["sep_token"] = "[SEP]",
        ["pad_token"] = "[PAD]",
        ["cls_token"] = "[CLS]",
        ["mask_token"] = "[MASK]",
    };

    private static readonly Dictionary<string, string> _mpnet = new()
    {
        ["bos_token"] = "<s>",
        ["eos_token"] = "</s>",
        ["unk_token"] = "[UNK]",
        ["sep_token"] = "</s>",
        ["pad_token"] = "<pad>",
        ["cls_token"] = "<s>",
        ["mask_token"] = "<mask>",
    };

    private static readonly Dictionary<string, string> _funnel = new()
    {
        ["bos_token"] = "<s>",
        ["eos_token"] = "</s>",
        ["unk_token"] = "<unk>",
        ["sep_token"] = "<sep>",
        ["pad_token"] = "<pad>",
        ["cls_token"] = "<cls>",
        ["mask_token"] = "<mask>",
    };

    public static TokenizerClass Bert(ClassSettings settings) => Words("BertTokenizer", settings, BertTokens) with
    {
        PostProcessor = ids => TemplateProcessing.Around(ids.Named("cls_token", 2), ids.Named("sep_token", 3)),
    };

    public static TokenizerClass MPNet(ClassSettings settings) => Words("MPNetTokenizer", settings, _mpnet) with
    {
        MaskStripsLeft = true,
        PostProcessor = ids => TemplateProcessing.Around(ids.Named("cls_token"), ids.Named("sep_token", 2)),
    };

    public static TokenizerClass Funnel(ClassSettings settings) => Words("FunnelTokenizer", settings, _funnel) with
    {
        Normalizer = ClassParts.Bert(settings, settings.Bool("clean_text", true)),
        PostProcessor = ids => TemplateProcessing.Around(ids.Named("cls_token"), ids.Named("sep_token")),
    };

    private static TokenizerClass Words(string name, ClassSettings settings, IReadOnlyDictionary<string, string> defaults) => new(name, "WordPiece")
    {
        Options = WordPieceOptions(settings.Token("unk_token", defaults["unk_token"])),
        Normalizer = ClassParts.Bert(settings),
        PreTokenizer = Plain("BertPreTokenizer"),
        Decoder = WordPieceDecoder(),
        Defaults = defaults,
    };
}
