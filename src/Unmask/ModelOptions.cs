namespace Unmask;

/// <summary>How a model is opened.</summary>
/// <example>
/// <code>
/// using var model = await UnmaskModel.OpenAsync("GSAI-ML/LLaDA-8B-Instruct", new ModelOptions { Device = "cuda:0", LoadIn4Bit = true });
/// </code>
/// </example>
public sealed record ModelOptions
{
    /// <summary>Folder or Hub id of an adapter for the model; null for none. A folder of an adapter can also be opened by itself: it names its model.</summary>
    public string? Adapter { get; init; }

    /// <summary><c>cpu</c>, <c>cuda:0</c>, <c>cuda:1</c> ...; null for the first GPU that can be used, else the CPU.</summary>
    public string? Device { get; init; }

    /// <summary>Whether linear layers are held in 4 bits: a quarter of the memory, slightly less exact.</summary>
    public bool LoadIn4Bit { get; init; }

    /// <summary><c>float32</c>, <c>bfloat16</c> or <c>float16</c>; null for the type that the weights are stored in.</summary>
    public string? DataType { get; init; }

    /// <summary>Receives warnings of loading and notices of downloads, a sentence each; null for nobody.</summary>
    public Action<string>? Log { get; init; }
}
