using Unmask.Engine.Text.Files;
using Unmask.Engine.Text.Vocabularies;

namespace Unmask.Engine.Text;

/// <summary>
/// Ids of the tokens that have a part to play, null where there is none. Taken from tokenizer_config.json and
/// special_tokens_map.json; a missing pad is the eos, a missing eos the pad, a missing bos the pad (dllm's order).
/// </summary>
public sealed record SpecialTokens
{
    private static readonly string[] _names = ["pad", "eos", "bos", "mask", "unk", "cls", "sep"];

    // What tokenizer classes take when their files say nothing.
    private static readonly Dictionary<string, string> _bertDefaults = new()
    {
        ["pad"] = "[PAD]",
        ["unk"] = "[UNK]",
        ["cls"] = "[CLS]",
        ["sep"] = "[SEP]",
        ["mask"] = "[MASK]",
    };

    private static readonly Dictionary<string, string> _robertaDefaults = new()
    {
        ["pad"] = "<pad>",
        ["unk"] = "<unk>",
        ["cls"] = "<s>",
        ["sep"] = "</s>",
        ["mask"] = "<mask>",
        ["bos"] = "<s>",
        ["eos"] = "</s>",
    };

    private static readonly Dictionary<string, string> _gpt2Defaults = new()
    {
        ["unk"] = "<|endoftext|>",
        ["bos"] = "<|endoftext|>",
        ["eos"] = "<|endoftext|>",
    };

    private static readonly string[] _maskTexts = ["[MASK]", "<mask>", "<|mask|>", "<|mdm_mask|>"];

    public int? Pad { get; init; }
    public int? Eos { get; init; }
    public int? Bos { get; init; }
    public int? Mask { get; init; }
    public int? Unk { get; init; }
    public int? Cls { get; init; }
    public int? Sep { get; init; }

    /// <summary>The names (pad, eos, bos, mask, unk, cls, sep) that the files set, as against fallbacks.</summary>
    public IReadOnlySet<string> Explicit { get; init; } = new HashSet<string>();

    /// <summary>The names settled by the files or by the tokenizer's class; fallbacks are left out.</summary>
    internal IReadOnlySet<string> Found { get; init; } = new HashSet<string>();

    /// <param name="textOf">The text of each special token by its name in the files or in the class.</param>
    internal static SpecialTokens Read(TokenizerFiles files, Func<string, string?> textOf, Func<string, int?> idOf, AddedVocabulary added)
    {
        var ids = new Dictionary<string, int>();
        var named = new HashSet<string>();
        foreach (var name in _names)
        {
            var role = name + "_token";
            if (textOf(role) is { } text && idOf(text) is { } id)
            {
                ids[name] = id;
                if (text == files.SpecialTokenText(role)) named.Add(name);
            }
            else if (files.SpecialTokenText(role) is { } other && idOf(other) is { } otherId)
            {
                ids[name] = otherId;
                named.Add(name);
            }
        }
        foreach (var (name, text) in Defaults(files))
            if (!ids.ContainsKey(name) && !files.ConfigSays(name + "_token") && idOf(text) is { } id) ids[name] = id;
        if (!ids.ContainsKey("mask"))
        {
            // Some diffusion models name their mask token in code, not in the tokenizer's files.
            foreach (var text in _maskTexts)
                if (added.IdOf(text) is { } id && !ids.ContainsKey("mask")) ids["mask"] = id;
        }
        int? Get(string name) => ids.TryGetValue(name, out int id) ? id : null;
        var pad = Get("pad") ?? Get("eos");
        return new SpecialTokens
        {
            Pad = pad,
            Eos = Get("eos") ?? pad,
            Bos = Get("bos") ?? pad,
            Mask = Get("mask"),
            Unk = Get("unk"),
            Cls = Get("cls"),
            Sep = Get("sep"),
            Explicit = named,
            Found = ids.Keys.ToHashSet(),
        };
    }

    internal IEnumerable<(string Name, int? Id)> All() =>
        [("pad", Pad), ("eos", Eos), ("bos", Bos), ("mask", Mask), ("unk", Unk), ("cls", Cls), ("sep", Sep)];

    private static Dictionary<string, string> Defaults(TokenizerFiles files)
    {
        var name = files.ConfigString("tokenizer_class") ?? "";
        if (name.Contains("Roberta", StringComparison.Ordinal)) return _robertaDefaults;
        if (name.Contains("GPT2", StringComparison.Ordinal)) return _gpt2Defaults;
        // A bare tokenizer.json says nothing of parts; BERT's names in brackets speak for themselves.
        return name.Length == 0 || name.Contains("Bert", StringComparison.Ordinal) ? _bertDefaults : [];
    }
}
