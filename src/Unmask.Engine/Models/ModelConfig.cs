using System.Text.Json.Nodes;

namespace Unmask.Engine.Models;

/// <summary>What config.json says about a model, and what follows from it without touching a tensor.</summary>
public abstract class ModelConfig
{
    protected ModelConfig(JsonObject json) => Json = json;

    /// <summary>The whole file, also what is not understood here, so that saving keeps it.</summary>
    public JsonObject Json { get; }

    /// <summary>Rows of the embedding table.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>D.</summary>
    public required int Width { get; init; }

    public required int Layers { get; init; }

    public required int Heads { get; init; }

    /// <summary>Longest sequence the model was made for.</summary>
    public required int ContextLength { get; init; }

    /// <summary>The padding token, whose embedding the look-up does not train; null for none.</summary>
    public required int? PadId { get; init; }

    /// <summary>Whether the decoder is the embedding table.</summary>
    public required bool TiesEmbeddings { get; init; }

    /// <summary>K.</summary>
    public int HeadWidth => Width / Heads;

    /// <summary>Every parameter in the order of the original's state dict; tied ones once.</summary>
    public abstract IReadOnlyList<ParameterSpec> Parameters { get; }

    /// <summary>Number of trainable values, tied ones counted once.</summary>
    public long ParameterCount => Parameters.Sum(parameter => parameter.Elements);

    /// <summary>The model over these tensors; it takes them over.</summary>
    public abstract MaskedLanguageModel Build(ParameterSet parameters);
}
