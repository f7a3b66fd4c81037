using Unmask.Core.Parameters;
using Unmask.Core.Runs;

namespace Unmask.Core.Models;

/// <summary>A folder of a model or an adapter, looked into without loading a weight.</summary>
/// <param name="Path">The folder.</param>
/// <param name="Kind">What lies there.</param>
public sealed record ModelInspection(string Path, InspectedKind Kind)
{
    /// <summary>Why it cannot be used as it is, sentences; none when all is well.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>What a person should know, and hinders nothing.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Class name as config.json has it, of an adapter that of its model; null where nothing tells. It may be one that is not supported.</summary>
    public string? Architecture { get; init; }

    /// <summary>The method that trains such models; null where the class is not supported.</summary>
    public TrainingMethod? Method { get; init; }

    /// <summary>The model's shape; null of an adapter, and where config.json cannot be read.</summary>
    public ModelShape? Shape { get; init; }

    /// <summary>Its tokenizer; null where there is none.</summary>
    public TokenizerSummary? Tokenizer { get; init; }

    /// <summary>What an adapter is; null of a model.</summary>
    public AdapterSummary? Adapter { get; init; }

    /// <summary>Where it comes from; null where it does not say.</summary>
    public Lineage? Lineage { get; init; }

    /// <summary>Its files by name.</summary>
    public IReadOnlyList<ModelFile> Files { get; init; } = [];

    /// <summary>All bytes of its files.</summary>
    public long Bytes => Files.Sum(file => file.Bytes);

    /// <summary>Whether it can be written with and trained further.</summary>
    public bool IsSupported => Kind != InspectedKind.Nothing && Problems.Count == 0;
}

/// <summary>What lies in a folder.</summary>
public enum InspectedKind
{
    /// <summary>A whole model.</summary>
    Model,

    /// <summary>An adapter, which needs its model.</summary>
    Adapter,

    /// <summary>Neither.</summary>
    Nothing,
}

/// <summary>The shape of a model.</summary>
/// <param name="Parameters">Values, tied ones counted once.</param>
/// <param name="Layers">Layers.</param>
/// <param name="Width">Width of a token's vector.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="Vocabulary">Rows of the embedding table.</param>
/// <param name="Context">Longest sequence it was made for.</param>
/// <param name="TiesEmbeddings">Whether the decoder is the embedding table.</param>
/// <param name="Dtype">Type in which the weights are stored.</param>
/// <param name="In4Bit">Whether linear layers are stored in 4 bits (nf4).</param>
public sealed record ModelShape(long Parameters, int Layers, int Width, int Heads, int Vocabulary, int Context, bool TiesEmbeddings, string Dtype, bool In4Bit);

/// <summary>A tokenizer.</summary>
/// <param name="Tokens">How many it has.</param>
/// <param name="Mask">Its mask token; null where it has none.</param>
/// <param name="End">Its end-of-text token.</param>
/// <param name="Pad">Its padding token.</param>
/// <param name="ChatTemplate">Its own chat template (Jinja); null where it brings none and that of the model's family is used.</param>
public sealed record TokenizerSummary(int Tokens, SpecialToken? Mask, SpecialToken? End, SpecialToken? Pad, string? ChatTemplate);

/// <summary>A special token.</summary>
public sealed record SpecialToken(int Id, string Text);

/// <summary>An adapter.</summary>
/// <param name="Rank">Its rank.</param>
/// <param name="Alpha">Its alpha.</param>
/// <param name="RankStabilized">Whether it is scaled by the root of its rank.</param>
/// <param name="Targets">Names of the layers that it hangs on, an expression, or all-linear.</param>
/// <param name="BaseModel">The model that it names; empty where it names none.</param>
public sealed record AdapterSummary(int Rank, double Alpha, bool RankStabilized, string Targets, string BaseModel)
{
    /// <summary>Folder of that model; null where it is not there.</summary>
    public string? BasePath { get; init; }

    /// <summary>Layers that it hangs on; null where the model is not there or does not fit.</summary>
    public int? Layers { get; init; }

    /// <summary>Its values; null likewise.</summary>
    public long? Parameters { get; init; }

    /// <summary>SHA-256 of the weights that it was trained on; null where it does not say.</summary>
    public string? BaseSha256 { get; init; }

    /// <summary>Whether the weights of the model that is there are those; null where that was not looked at, or cannot be told.</summary>
    public bool? BaseMatches { get; init; }
}

/// <summary>A file of a model.</summary>
public sealed record ModelFile(string Name, long Bytes);
