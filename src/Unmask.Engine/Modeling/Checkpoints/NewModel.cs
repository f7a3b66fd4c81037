using System.Text.Json;
using System.Text.Json.Nodes;
using Unmask.Engine.Modeling.Blocks;
using Unmask.Text.Tokenizers;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Checkpoints;

/// <summary>What a fresh model must know of its tokenizer.</summary>
/// <param name="Size">Number of ids, added tokens included: rows of the embedding table.</param>
public sealed record VocabularyFacts(int Size)
{
    /// <summary>Number of ids that the tokenizer's files list: a model that comes with them has as many rows, and need not have more.</summary>
    public int Listed { get; init; } = Size;

    public int? Pad { get; init; }

    public int? Bos { get; init; }

    public int? Eos { get; init; }

    public int? Cls { get; init; }

    public int? Sep { get; init; }

    public int? Mask { get; init; }

    /// <summary>The facts of a tokenizer; begin and end only where its files name them, not where they are borrowed.</summary>
    public static VocabularyFacts Of(Tokenizer tokenizer)
    {
        var special = tokenizer.Special;
        return new VocabularyFacts(tokenizer.VocabularySize)
        {
            Listed = tokenizer.ListedSize,
            Pad = special.Pad,
            Bos = special.Explicit.Contains("bos") ? special.Bos : null,
            Eos = special.Explicit.Contains("eos") ? special.Eos : null,
            Cls = special.Cls,
            Sep = special.Sep,
            Mask = special.Mask,
        };
    }
}

/// <summary>A model made from nothing: configuration of a named size, weights drawn as the original's authors did.</summary>
public static class NewModel
{
    /// <summary>The configuration of a new model.</summary>
    /// <param name="architecture">Catalog entry.</param>
    /// <param name="size">Name of a size, such as <c>small</c>.</param>
    /// <param name="vocabulary">Facts of the tokenizer.</param>
    /// <param name="overrides">Keys of config.json with values as JSON (a bare word is a text); they win over the size.</param>
    /// <exception cref="UserError">The size or a key is unknown, or a value is wrong.</exception>
    public static ModelConfig Configure(Architecture architecture, string size, VocabularyFacts vocabulary, IReadOnlyDictionary<string, string>? overrides = null)
    {
        var named = architecture.Sizes.FirstOrDefault(entry => entry.Name.Equals(size, StringComparison.OrdinalIgnoreCase))
            ?? throw new UserError($"Size '{size}' is unknown for {architecture.ModelType}. Choose one of {string.Join(", ", architecture.Sizes.Select(entry => entry.Name))}.");
        var json = architecture.DefaultConfig();
        json["architectures"] = new JsonArray(architecture.ClassName);
        json["model_type"] = architecture.ModelType;
        var keys = architecture.SizeKeys;
        json[keys.Width] = named.Width;
        json[keys.Intermediate] = named.Intermediate;
        json[keys.Layers] = named.Layers;
        json[keys.Heads] = named.Heads;
        if (json.ContainsKey(keys.KeyValueHeads)) json[keys.KeyValueHeads] = named.KeyValueHeads ?? named.Heads;
        json["vocab_size"] = vocabulary.Size;
        if (json.ContainsKey("embedding_size")) json["embedding_size"] = vocabulary.Size;
        if (json.ContainsKey("mask_token_id")) json["mask_token_id"] = vocabulary.Mask;
        // An absent pad id would be read as the published one, so null is written too.
        json["pad_token_id"] = vocabulary.Pad;
        if (vocabulary.Bos is { } bos) json["bos_token_id"] = bos;
        if (vocabulary.Eos is { } eos) json["eos_token_id"] = eos;
        if (vocabulary.Cls is { } cls) json["cls_token_id"] = cls;
        if (vocabulary.Sep is { } sep) json["sep_token_id"] = sep;
        json["dtype"] = "float32";
        Apply(overrides ?? new Dictionary<string, string>(), json, vocabulary);
        var sorted = new JsonObject(json.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone())));
        return architecture.ReadConfig(new ConfigReader(sorted, $"new {architecture.ModelType} model"));
    }

    private static void Apply(IReadOnlyDictionary<string, string> overrides, JsonObject json, VocabularyFacts vocabulary)
    {
        var problems = new List<string>();
        foreach (var (key, text) in overrides)
        {
            if (!json.ContainsKey(key) || key is "architectures" or "model_type")
            {
                var known = json.Select(pair => pair.Key).Where(name => name is not ("architectures" or "model_type")).Order(StringComparer.Ordinal);
                problems.Add($"'{key}' is not a setting of this architecture. It has: {string.Join(", ", known)}.");
                continue;
            }

            json[key] = Value(text);
        }

        if (json["vocab_size"] is JsonValue size && size.TryGetValue<int>(out var rows) && rows < vocabulary.Size)
        {
            problems.Add($"vocab_size is {rows}, but the tokenizer has {vocabulary.Size} tokens. Remove it, or use at least {vocabulary.Size}.");
        }

        UserError.ThrowIfAny(problems);
    }

    private static JsonNode? Value(string text)
    {
        try
        {
            return JsonInput.Parse(text);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }
    }

    /// <summary>Writes a new model into an existing folder, of which no more than one tensor is in memory at a time: the weights of <see cref="Initialize"/>.</summary>
    public static void Write(string folder, ModelConfig config, ulong seed, ScalarType dtype) => ModelFolder.Write(folder, config, dtype, spec =>
    {
        var value = empty(spec.Shape, dtype: dtype);
        spec.Initialization.Fill(value, spec.Name, seed);
        return value;
    });

    /// <summary>Weights for <paramref name="config"/>; equal seeds give equal weights, on every device.</summary>
    public static MaskedLanguageModel Initialize(ModelConfig config, ulong seed, Device? device = null, ScalarType dtype = ScalarType.Float32)
    {
        var parameters = ParameterSet.Allocate(config.Parameters, device ?? CPU, dtype);
        try
        {
            foreach (var spec in config.Parameters) spec.Initialization.Fill(parameters[spec.Name], spec.Name, seed);
            return config.Build(parameters);
        }
        catch
        {
            parameters.Dispose();
            throw;
        }
    }
}
