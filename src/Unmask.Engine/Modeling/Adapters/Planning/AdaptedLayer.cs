namespace Unmask.Engine.Modeling.Adapters.Planning;

/// <summary>What kind of module a branch hangs on.</summary>
public enum AdaptedKind
{
    Linear,

    /// <summary>The output head.</summary>
    Head,

    /// <summary>An embedding table: V in, D out.</summary>
    Table,
}

/// <summary>A module with a branch: A [R, in], B [out, R], and the factor on their product.</summary>
public sealed record AdaptedLayer(LinearShape Shape, int Rank, double Scale)
{
    /// <summary>What peft puts before the name of every tensor.</summary>
    internal const string Prefix = "base_model.model.";

    public AdaptedKind Kind { get; init; }

    /// <summary>Whether the length of each row of the weight is trained by itself.</summary>
    public bool Dora { get; init; }

    /// <summary>Whether B has a bias.</summary>
    public bool HasUpBias { get; init; }

    public string Path => Shape.Path;

    /// <summary>Trained values.</summary>
    public long Elements => Rank * (Shape.In + Shape.Out) + (Dora ? Shape.Out : 0) + (HasUpBias ? Shape.Out : 0);

    internal string Down => Kind == AdaptedKind.Table ? Named("lora_embedding_A") : Named("lora_A.weight");

    internal string Up => Kind == AdaptedKind.Table ? Named("lora_embedding_B") : Named("lora_B.weight");

    internal string UpBias => Named("lora_B.bias");

    internal string Magnitude => Named("lora_magnitude_vector");

    private string Named(string end) => $"{Prefix}{Path}.{end}";
}

/// <summary>A parameter of the model whose values an adapter brings.</summary>
/// <param name="Parameter">Its name in the model.</param>
/// <param name="Names">What it is called in the original's state dict: once, or twice where the original shares it between two modules. The first is listed.</param>
/// <param name="Trained">Whether it is trained; else it is only written again.</param>
/// <param name="Optional">Whether a file may leave it out, which then means the base's values.</param>
public sealed record SavedParameter(string Parameter, IReadOnlyList<string> Names, bool Trained, bool Optional)
{
    public required long[] Shape { get; init; }

    public long Elements => Shape.Aggregate(1L, (product, size) => product * size);
}

/// <summary>Rows of a vocabulary table that an adapter has of its own.</summary>
/// <param name="Path">Path of the module that its file names.</param>
/// <param name="Ids">The tokens.</param>
/// <param name="Width">Length of a row.</param>
/// <param name="InTable">Whether the embeddings have them.</param>
/// <param name="InHead">Whether the output head has them.</param>
public sealed record SavedTokens(string Path, IReadOnlyList<long> Ids, long Width, bool InTable, bool InHead)
{
    public long Elements => Ids.Count * Width;

    internal string Rows => $"{AdaptedLayer.Prefix}{Path}.token_adapter.trainable_tokens_delta";
}
