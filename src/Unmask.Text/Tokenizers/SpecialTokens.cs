using Unmask.Text.Tokenizers.Classes;
using Unmask.Text.Tokenizers.Files;
using Unmask.Text.Tokenizers.Vocabularies;

namespace Unmask.Text.Tokenizers;

/// <summary>
/// Ids of the tokens that have a part to play, null where there is none. Taken from tokenizer_config.json and
/// special_tokens_map.json; a missing pad is the eos, a missing eos the pad, a missing bos the pad (dllm's order).
/// </summary>
public sealed record SpecialTokens
{
    private static readonly string[] _names = ["pad", "eos", "bos", "mask", "unk", "cls", "sep"];

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
        // What tokenizer classes take when their files say nothing.
        foreach (var (role, text) in Defaults(files))
            if (!files.ConfigSays(role) && idOf(text) is { } id) ids.TryAdd(role[..^"_token".Length], id);
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

    private static IReadOnlyDictionary<string, string> Defaults(TokenizerFiles files)
    {
        var name = files.ConfigString("tokenizer_class") ?? "";
        if (name.Contains("Roberta", StringComparison.Ordinal)) return BytePairClasses.RobertaTokens;
        if (name.Contains("GPT2", StringComparison.Ordinal)) return BytePairClasses.EndOfTextTokens;
        // A bare tokenizer.json says nothing of parts; BERT's names in brackets speak for themselves.
        return name.Length == 0 || name.Contains("Bert", StringComparison.Ordinal) ? WordPieceClasses.BertTokens : new Dictionary<string, string>();
    }
}
