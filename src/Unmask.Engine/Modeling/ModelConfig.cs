using System.Text.Json.Nodes;
using Unmask.Engine.Modeling.Blocks;
using Unmask.Engine.Modeling.Quantization;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling;

/// <summary>Path and sizes of a linear layer.</summary>
public sealed record LinearShape(string Path, long In, long Out);

/// <summary>What config.json says about a model, and what follows from it without touching a tensor.</summary>
public abstract class ModelConfig
{
    protected ModelConfig(JsonObject json) => Json = json;

    /// <summary>The whole file, also what is not understood here, so that saving keeps it.</summary>
    public JsonObject Json { get; }

    /// <summary>Whether linear layers are stored in 4 bits.</summary>
    public bool IsIn4Bit => Json[BitsAndBytesConfig.Key] is JsonObject;

    /// <summary>Rows of the embedding table.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>D.</summary>
    public required int Width { get; init; }

    /// <summary>F, the width inside the feed-forward part of a layer.</summary>
    public required int IntermediateWidth { get; init; }

    public required int Layers { get; init; }

    public required int Heads { get; init; }

    /// <summary>Probability of dropping an attention weight in training.</summary>
    public required double AttentionDropout { get; init; }

    /// <summary>Longest sequence the model was made for.</summary>
    public required int ContextLength { get; init; }

    /// <summary>The padding token, whose embedding the look-up does not train; null for none.</summary>
    public required int? PadId { get; init; }

    /// <summary>Whether the decoder is the embedding table.</summary>
    public required bool TiesEmbeddings { get; init; }

    /// <summary>Sentences on what a person should know of a model like this, though nothing is wrong with it.</summary>
    public virtual IReadOnlyList<string> Notices => [];

    /// <summary>K.</summary>
    public int HeadWidth => Width / Heads;

    /// <summary>Every parameter in the order of the original's state dict; tied ones once.</summary>
    public abstract IReadOnlyList<ParameterSpec> Parameters { get; }

    /// <summary>Number of trainable values, tied ones counted once.</summary>
    public long ParameterCount => Parameters.Sum(parameter => parameter.Elements);

    /// <summary>The layers of <see cref="MaskedLanguageModel.Linears"/> with their sizes; no weight is made for it.</summary>
    public IReadOnlyList<LinearShape> LinearLayers()
    {
        // Tensors of the meta device have a shape and no data, so even the largest model is built at once.
        using var model = Build(ParameterSet.Allocate(Parameters, META, ScalarType.Float32));
        var shapes = Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Shape, StringComparer.Ordinal);
        return [.. model.Linears.Select(linear => (linear.Path, Shape: shapes[$"{linear.Path}.weight"])).Select(l => new LinearShape(l.Path, l.Shape[1], l.Shape[0]))];
    }

    /// <summary>The model over these tensors; it takes them over.</summary>
    public abstract MaskedLanguageModel Build(ParameterSet parameters);
}
