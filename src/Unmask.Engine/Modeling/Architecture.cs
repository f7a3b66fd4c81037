using System.Text.Json.Nodes;
using Unmask.Core.Parameters;

namespace Unmask.Engine.Modeling;

/// <summary>Everything that sets one architecture apart, as data. An entry of <c>ModelCatalog</c>.</summary>
public sealed record Architecture
{
    /// <summary>Class name in the <c>architectures</c> key of config.json.</summary>
    public required string ClassName { get; init; }

    /// <summary>Other classes that have the same layers and the same head, and whose files are read as those of <see cref="ClassName"/>.</summary>
    public IReadOnlyList<string> SameClasses { get; init; } = [];

    /// <summary>Class name of the layers alone, without the head that predicts tokens.</summary>
    public required string BodyClass { get; init; }

    /// <summary>What the names of the layers begin with, which files of <see cref="BodyClass"/> do not have.</summary>
    public required string BodyPrefix { get; init; }

    /// <summary>Where transformers finds the code of this class; null where it has it itself.</summary>
    public RemoteCode? Code { get; init; }

    /// <summary>Brings a config.json into the form that all versions of its readers open as the same model; null where it needs nothing.</summary>
    public Action<JsonObject, ModelConfig>? CompleteConfig { get; init; }

    /// <summary>The Python module that has this class, which adapter files name.</summary>
    public required string Library { get; init; }

    /// <summary>The <c>model_type</c> key; also the name on the command line.</summary>
    public required string ModelType { get; init; }

    /// <summary>The method that models of this architecture are trained by.</summary>
    public required TrainingMethod Method { get; init; }

    /// <summary>The mask token of published checkpoints.</summary>
    public required string MaskToken { get; init; }

    /// <summary>Whether the logits at a position predict the token after it.</summary>
    public required bool ShiftsLogits { get; init; }

    /// <summary>How its models are sampled where nothing else is asked for.</summary>
    public SamplingDefaults Sampling { get; init; } = new(Remasking.LowConfidence);

    /// <summary>Family of the chat template used where the tokenizer brings none.</summary>
    public required string ChatTemplate { get; init; }

    /// <summary>
    /// A tag by which a tokenizer's own template is known as one of this family; training then takes the form of <see cref="ChatTemplate"/> instead, as
    /// the original trainer does. Null keeps whatever the tokenizer brings.
    /// </summary>
    public string? ReplacedTemplateTag { get; init; }

    /// <summary>What a layer keeps for the backward pass.</summary>
    public required KeptActivations Keeps { get; init; }

    /// <summary>Linear layers that "all-linear" adapters leave out: the output embedding.</summary>
    public required IReadOnlyList<string> LoraExclusions { get; init; }

    /// <summary>The key of config.json that says whether the head shares the table of the embeddings.</summary>
    public string TieKey { get; init; } = "tie_word_embeddings";

    /// <summary>Whether the original has a module for a head that shares the table of the embeddings, or uses that table by itself.</summary>
    public bool TiedHeadIsModule { get; init; } = true;

    /// <summary>The same configuration with a head that has a table of its own.</summary>
    public ModelConfig Untied(ModelConfig config)
    {
        var json = (JsonObject)config.Json.DeepClone();
        json[TieKey] = false;
        return ReadConfig(new ConfigReader(json, ConfigReader.FileName));
    }

    /// <summary>The parameter that is the bias of the output head, where it has another name than the head's weight; null for the same.</summary>
    public string? BiasOfHead { get; init; }

    /// <summary>A complete config.json of the published base model, without vocabulary and special ids.</summary>
    public required Func<JsonObject> DefaultConfig { get; init; }

    /// <summary>Sizes a new model can be made in, smallest first.</summary>
    public required IReadOnlyList<NamedSize> Sizes { get; init; }

    /// <summary>Well-known models of this architecture.</summary>
    public required IReadOnlyList<PublishedModel> Published { get; init; }

    /// <summary>Under which keys config.json has what a <see cref="NamedSize"/> says.</summary>
    public SizeKeys SizeKeys { get; init; } = new("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads");

    /// <summary>Reads config.json; throws <see cref="Unmask.Primitives.UserError"/> with every wrong value.</summary>
    public required Func<ConfigReader, ModelConfig> ReadConfig { get; init; }

    /// <summary>Whether a tensor of that name is known and of no use, so that no warning is due.</summary>
    public required Func<string, bool> IgnoresTensor { get; init; }
}

/// <summary>How models of an architecture are sampled.</summary>
/// <param name="Remasking">Which predictions a step keeps.</param>
/// <param name="BlockSize">Tokens denoised together; null for all.</param>
/// <param name="Temperature">0 takes the most probable token.</param>
/// <param name="TopP">Share that the tokens to draw from hold together; null for all.</param>
/// <param name="TopK">How many tokens to draw from; null for all.</param>
public sealed record SamplingDefaults(Remasking Remasking, int? BlockSize = 32, double Temperature = 0, double? TopP = null, int? TopK = null);

/// <summary>What one layer keeps of one token for the backward pass, counted by hand from its operators.</summary>
/// <param name="Widths">Vectors of the model's width, in the type that the model computes in.</param>
/// <param name="Intermediates">Vectors of the feed-forward part's width, in that type.</param>
/// <param name="Float32Widths">Vectors of the model's width that are float32 where the model computes in a narrower type.</param>
/// <param name="FrozenWidths">How many of the widths only the gradients of weights need, so that a frozen layer does not keep them.</param>
/// <param name="FrozenIntermediates">How many of the intermediates likewise.</param>
public sealed record KeptActivations(double Widths, double Intermediates, double FrozenWidths, double FrozenIntermediates, double Float32Widths = 0);

/// <summary>A named size of an architecture.</summary>
/// <param name="Name">Such as <c>base</c>.</param>
/// <param name="Width">hidden_size.</param>
/// <param name="Intermediate">intermediate_size.</param>
/// <param name="Layers">num_hidden_layers.</param>
/// <param name="Heads">num_attention_heads.</param>
public sealed record NamedSize(string Name, int Width, int Intermediate, int Layers, int Heads)
{
    /// <summary>num_key_value_heads, where the architecture has that key; as many as heads when null.</summary>
    public int? KeyValueHeads { get; init; }
}

/// <summary>A model that its authors published.</summary>
/// <param name="Name">For people.</param>
/// <param name="HubId">Its name on the Hugging Face Hub.</param>
/// <param name="Size">Name of its <see cref="NamedSize"/>.</param>
/// <param name="Vocabulary">Rows of its embedding table.</param>
/// <param name="License">Its license, as the Hub names it.</param>
public sealed record PublishedModel(string Name, string HubId, string Size, int Vocabulary, string License);

/// <summary>Names that the values of a <see cref="NamedSize"/> have in config.json.</summary>
public sealed record SizeKeys(string Width, string Intermediate, string Layers, string Heads, string KeyValueHeads);
