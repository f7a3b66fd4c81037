using System.Text.Json.Nodes;
using Unmask.Text.Tokenizers.PostProcessors;

namespace Unmask.Text.Tokenizers.Classes;

/// <summary>
/// What a tokenizer class of transformers makes by itself, whatever tokenizer.json says: only vocabulary, merges and (where the class
/// has none of its own) the post-processor are taken from there. This follows transformers 5.12; in 4.57 the parts of tokenizer.json
/// stayed and a few flags changed them, which gives the same for the files that these classes saved themselves.
/// </summary>
/// <param name="Name">Name of the class, without "Fast".</param>
/// <param name="Model">Kind of the subword model: WordPiece, BPE or Unigram.</param>
internal sealed record TokenizerClass(string Name, string Model)
{
    /// <summary>Options of the model; they stand for all that tokenizer.json says beside vocabulary and merges.</summary>
    public required JsonObject Options { get; init; }

    public JsonNode? Normalizer { get; init; }

    public JsonNode? PreTokenizer { get; init; }

    public JsonNode? Decoder { get; init; }

    /// <summary>The special tokens that the class takes where no file names one, by name ("pad_token").</summary>
    public required IReadOnlyDictionary<string, string> Defaults { get; init; }

    /// <summary>More special tokens, where no file names any.</summary>
    public IReadOnlyList<string> Extra { get; init; } = [];

    /// <summary>Whether a mask token that is named by its text alone takes the white space before it along.</summary>
    public bool MaskStripsLeft { get; init; }

    /// <summary>Whether all special tokens are added once more, as plain ones (Qwen2) or as they are.</summary>
    public SecondTurn SecondTurn { get; init; }

    /// <summary>Makes the post-processor from special tokens and their ids; null where that of tokenizer.json is used.</summary>
    public Func<SpecialTokenIds, PostProcessor>? PostProcessor { get; init; }

    /// <summary>Whether a post-processor of tokenizer.json comes before that of the class.</summary>
    public bool PrefersFile { get; init; }

    /// <summary>Whether there is no post-processor where tokenizer.json has none.</summary>
    public bool NeedsFile { get; init; }

    /// <summary>Whether <see cref="Extra"/> goes along with the additional_special_tokens of special_tokens_map.json.</summary>
    public bool AddsExtra { get; init; }
}

/// <summary>How a class adds its special tokens a second time.</summary>
internal enum SecondTurn
{
    None,

    /// <summary>By their texts alone: they lose their flags.</summary>
    Plain,

    /// <summary>As they are, all of them special.</summary>
    Special,
}

/// <summary>The special tokens of a tokenizer that is complete but for its post-processor.</summary>
/// <param name="textOf">Text of a special token by name.</param>
/// <param name="idOf">Id of a token.</param>
internal sealed class SpecialTokenIds(Func<string, string?> textOf, Func<string, int?> idOf)
{
    /// <summary>A named token with its id; a token that has none gets <paramref name="otherwise"/>.</summary>
    public (string Token, int Id) Named(string name, int otherwise = 0) => textOf(name) is { } text ? (text, idOf(text) ?? otherwise) : ("None", otherwise);

    public bool Has(string name) => textOf(name) is not null;
}
