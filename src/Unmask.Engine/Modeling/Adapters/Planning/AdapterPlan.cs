using Unmask.Engine.Modeling.Checkpoints;

namespace Unmask.Engine.Modeling.Adapters.Planning;

/// <summary>An adapter laid out for one model, without a tensor.</summary>
/// <param name="Settings">What it is.</param>
/// <param name="Architecture">The model's catalog entry.</param>
/// <param name="Layers">Where its branches hang, in the order of the model.</param>
/// <param name="TargetNames">How its file names these layers.</param>
public sealed record AdapterPlan(LoraSettings Settings, Architecture Architecture, IReadOnlyList<AdaptedLayer> Layers, IReadOnlyList<string> TargetNames)
{
    /// <summary>Parameters of the model that it brings: whole modules, biases, and what else its file holds.</summary>
    public IReadOnlyList<SavedParameter> Saved { get; init; } = [];

    /// <summary>How its file names the whole modules.</summary>
    public IReadOnlyList<string> SavedNames { get; init; } = [];

    /// <summary>Rows of vocabulary tables that it has of its own.</summary>
    public IReadOnlyList<SavedTokens> Tokens { get; init; } = [];

    /// <summary>Whether the output head must have a table of its own, because embeddings and head are no longer the same.</summary>
    public bool Unties { get; init; }

    /// <summary>The table whose branch the head has too, turned round; null for none.</summary>
    public AdaptedLayer? SharedWithHead { get; init; }

    /// <summary>Path of the output head; null where the original has no module for it.</summary>
    public string? HeadPath { get; init; }

    /// <summary>Sentences on what is meant in the settings and is not there, or is there and was not meant.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Trained values.</summary>
    public long Elements => OwnElements + SavedElements;

    /// <summary>Trained values beside the model's: branches and rows, in float32.</summary>
    public long OwnElements => Layers.Sum(layer => layer.Elements) + Tokens.Sum(tokens => tokens.Elements);

    /// <summary>Trained values that are the model's own, in its type.</summary>
    public long SavedElements => Saved.Where(saved => saved.Trained).Sum(saved => saved.Elements);

    /// <summary>Finds the modules that <paramref name="settings"/> mean.</summary>
    /// <exception cref="UserError">They mean none, or two things at once.</exception>
    public static AdapterPlan Of(LoraSettings settings, Architecture architecture, ModelConfig config) => new AdapterPlanner(settings, architecture, config).Plan();

    /// <summary>The weights of linear layers that it trains whole, which cannot be held in 4 bits.</summary>
    internal IReadOnlyCollection<string> PlainWeights => [.. Saved.Where(saved => saved.Shape.Length == 2).Select(saved => saved.Parameter)];

    /// <summary>The model as this adapter needs it.</summary>
    internal ModelFolder Fitted(ModelFolder model) => Unties ? model.Untied() : model;
}
