using Unmask.Core.Parameters;

namespace Unmask.Core.Protocol;

/// <summary>Loads a model to write with, in place of the one that is loaded.</summary>
/// <param name="Model">Folder of a model, or of an adapter, which names its model itself.</param>
public sealed record LoadRequest(string Model) : EngineRequest<LoadedModel>
{
    /// <summary>Folder of an adapter to put on the model; null for none.</summary>
    public string? Adapter { get; init; }

    /// <summary>Holds the linear layers in 4 bits.</summary>
    public bool In4Bit { get; init; }

    /// <summary>Where to compute: <c>cpu</c>, or <c>cuda:0</c> and so on; null for the first GPU that the engine can use, else the processor.</summary>
    public string? Device { get; init; }

    /// <summary>Type of the weights, <c>float32</c>, <c>bfloat16</c> or <c>float16</c>; null for the type they are stored in.</summary>
    public string? Dtype { get; init; }
}

/// <summary>Gives the memory of the loaded model back.</summary>
public sealed record UnloadRequest : EngineRequest<Nothing>;

/// <summary>A model that is ready to write.</summary>
/// <param name="Architecture">Class name.</param>
/// <param name="Parameters">How many numbers it holds, an adapter's not counted.</param>
/// <param name="ProcessBytes">Memory of the engine's process with the model in it.</param>
/// <param name="Seconds">How long it took to load.</param>
/// <param name="MaskToken">The token that stands for what is not yet written.</param>
/// <param name="Defaults">How it is sampled where nothing else is asked for, every setting with a value except those that are off.</param>
/// <param name="Warnings">What a person should know of it, sentences.</param>
public sealed record LoadedModel(string Architecture, long Parameters, long ProcessBytes, double Seconds, string MaskToken, SamplerChoices Defaults, IReadOnlyList<string> Warnings)
{
    /// <summary>What its weights take, as estimated before it was loaded.</summary>
    public long WeightBytes { get; init; }

    /// <summary>Where it computes: <c>cpu</c>, or <c>cuda:0</c>.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Whether the tokenizer brings a chat template; without one, conversations take that of the model's family.</summary>
    public bool HasChatTemplate { get; init; }

    /// <summary>Tokens that prompt and answer may have together; null where nothing bounds them.</summary>
    public int? MaximumLength { get; init; }
}

/// <summary>How a text is to be denoised; what is null is as the model's folder says, else as models of its family are sampled.</summary>
public sealed record SamplerChoices
{
    /// <summary>Masks put behind the prompt: the longest answer. Without effect on gaps.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>Denoising steps.</summary>
    public int? Steps { get; init; }

    /// <summary>Tokens denoised together, block by block from the left.</summary>
    public int? BlockSize { get; init; }

    /// <summary>0 takes the most probable token.</summary>
    public double? Temperature { get; init; }

    /// <summary>Draw only from the most probable tokens that together hold this share.</summary>
    public double? TopP { get; init; }

    /// <summary>Draw only from so many of the most probable tokens.</summary>
    public int? TopK { get; init; }

    /// <summary>Which predictions a step keeps.</summary>
    public Remasking? Remasking { get; init; }

    /// <summary>Above 0 the predictions to keep are drawn instead of taking the surest.</summary>
    public double AlgTemp { get; init; }

    /// <summary>Classifier-free guidance; 0 is off.</summary>
    public double CfgScale { get; init; }

    /// <summary>Ids of tokens that are never written.</summary>
    public IReadOnlyList<int> SuppressTokens { get; init; } = [];

    /// <summary>Names the random numbers.</summary>
    public long Seed { get; init; }
}
