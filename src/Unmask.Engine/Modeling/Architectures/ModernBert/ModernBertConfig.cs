using System.Text.Json.Nodes;
using Unmask.Engine.Modeling.Blocks;

namespace Unmask.Engine.Modeling.Architectures.ModernBert;

/// <summary>How one layer attends.</summary>
/// <param name="Window">Positions seen on either side; null for all.</param>
/// <param name="Theta">Base of the rotary frequencies.</param>
public sealed record LayerAttention(int? Window, double Theta);

/// <summary>Configuration of <c>ModernBertForMaskedLM</c> (arXiv 2412.13663); defaults as in transformers, keys of its versions 4 and 5.</summary>
public sealed class ModernBertConfig : ModelConfig
{
    internal const string Global = "full_attention";
    internal const string Local = "sliding_attention";

    private IReadOnlyList<ParameterSpec>? parameters;

    private ModernBertConfig(JsonObject json) : base(json)
    {
    }

    /// <summary>One entry a layer.</summary>
    public required IReadOnlyList<LayerAttention> Attention { get; init; }

    /// <summary>Base of the rotary frequencies of layers that see all.</summary>
    public required double GlobalTheta { get; init; }

    /// <summary>Base of the rotary frequencies of layers with a window.</summary>
    public required double LocalTheta { get; init; }

    public required double NormEpsilon { get; init; }

    public required double InitializerRange { get; init; }

    public required double InitializerCutoff { get; init; }

    public required string ActivationName { get; init; }

    public required string HeadActivationName { get; init; }

    public required double EmbeddingDropout { get; init; }

    public required double MlpDropout { get; init; }

    public required bool AttentionBias { get; init; }

    public required bool MlpBias { get; init; }

    public required bool NormBias { get; init; }

    public required bool HeadBias { get; init; }

    public required bool DecoderBias { get; init; }

    public override IReadOnlyList<ParameterSpec> Parameters => parameters ??= ModernBertParameters.Of(this);

    public override IReadOnlyList<string> Notices => [.. Differences()];

    public override MaskedLanguageModel Build(ParameterSet parameters) => new ModernBertForMaskedLM(this, parameters);

    /// <summary>Reads a configuration.</summary>
    /// <exception cref="Unmask.Primitives.UserError">With every wrong value.</exception>
    public static ModernBertConfig Read(ConfigReader reader)
    {
        var vocabulary = reader.Rows("vocab_size", 50368);
        var layers = reader.Layers("num_hidden_layers", 22);
        var globalTheta = Theta(reader, Global) ?? reader.Positive("global_rope_theta", 160_000);
        // An explicit null in an old file means: as the global one.
        var localTheta = Theta(reader, Local)
            ?? (reader.Json.ContainsKey("local_rope_theta") ? reader.Positive("local_rope_theta", globalTheta) : 10_000);
        var config = new ModernBertConfig(reader.Json)
        {
            VocabularySize = vocabulary,
            Width = reader.Rows("hidden_size", 768),
            Layers = layers,
            Heads = reader.Rows("num_attention_heads", 12),
            IntermediateWidth = reader.Rows("intermediate_size", 1152),
            ContextLength = reader.Count("max_position_embeddings", 8192),
            Attention = ReadAttention(reader, layers, globalTheta, localTheta),
            GlobalTheta = globalTheta,
            LocalTheta = localTheta,
            NormEpsilon = reader.Positive("norm_eps", 1e-5),
            InitializerRange = reader.Positive("initializer_range", 0.02),
            InitializerCutoff = reader.Positive("initializer_cutoff_factor", 2),
            ActivationName = reader.Activation("hidden_activation", "gelu"),
            HeadActivationName = reader.Activation("classifier_activation", "gelu"),
            AttentionDropout = reader.Dropout("attention_dropout", 0),
            EmbeddingDropout = reader.Dropout("embedding_dropout", 0),
            MlpDropout = reader.Dropout("mlp_dropout", 0),
            AttentionBias = reader.Flag("attention_bias", false),
            MlpBias = reader.Flag("mlp_bias", false),
            NormBias = reader.Flag("norm_bias", false),
            HeadBias = reader.Flag("classifier_bias", false),
            DecoderBias = reader.Flag("decoder_bias", true),
            PadId = reader.Id("pad_token_id", vocabulary > 50283 ? 50283 : null, vocabulary),
            TiesEmbeddings = reader.Flag("tie_word_embeddings", true),
        };
        if (config.Width % (2 * config.Heads) != 0)
        {
            reader.Problem($"hidden_size is {config.Width}. It must be a multiple of twice num_attention_heads (rotary embedding needs an even head width), which is {2 * config.Heads}.");
        }

        return reader.Checked(config);
    }

    /// <summary>In what versions of transformers differ on this model, which its folder says as well as it can be said to both (<see cref="ModernBertExport"/>).</summary>
    private IEnumerable<string> Differences()
    {
        if (Layers == 1)
        {
            yield return "A ModernBERT of one layer can be trained and used here, but transformers 5 does not open one: it wants layers of both kinds. Two layers or more are opened by every version.";
        }
        else if (Attention.All(layer => layer.Window is not null))
        {
            yield return $"A ModernBERT whose layer_types are all {Local} can be trained and used here, but transformers 5 does not open one: it wants layers of both kinds.";
        }

        if (Attention.Any(layer => layer.Window is not null) && ModernBertExport.Every(this) is null)
        {
            yield return $"The {Global} layers of this ModernBERT are not the first and every n-th after it, which only layer_types can say; transformers 4 does not read that key, takes global_attn_every_n_layers instead and computes with other windows. Open the model with transformers 5 where its numbers matter.";
        }
    }

    private static List<LayerAttention> ReadAttention(ConfigReader reader, int layers, double globalTheta, double localTheta)
    {
        // Half the window on either side, both ends included.
        var window = reader.Count("local_attention", 128) / 2;
        var types = ReadTypes(reader, layers);
        return [.. types.Select(type => type == Global ? new LayerAttention(null, globalTheta) : new LayerAttention(window, localTheta))];
    }

    private static string[] ReadTypes(ConfigReader reader, int layers)
    {
        var every = reader.Count("global_attn_every_n_layers", 3);
        string[] regular = [.. Enumerable.Range(0, layers).Select(i => i % every == 0 ? Global : Local)];
        if (!reader.Has("layer_types")) return regular;
        if (reader.Json["layer_types"] is JsonArray array && array.Count == layers
            && array.All(item => item is JsonValue value && value.TryGetValue<string>(out var text) && text is Global or Local))
        {
            return [.. array.Select(item => item!.GetValue<string>())];
        }

        reader.Problem($"layer_types must be a list of {layers} entries (num_hidden_layers), each \"{Global}\" or \"{Local}\".");
        return regular;
    }

    private static double? Theta(ConfigReader reader, string layerType)
    {
        if (!reader.Has("rope_parameters")) return null;
        if (reader.Json["rope_parameters"] is not JsonObject all || all[layerType] is not JsonObject rope)
        {
            if (reader.Json["rope_parameters"] is not JsonObject) reader.Problem("rope_parameters must be an object with full_attention and sliding_attention.");
            return null;
        }

        if (rope["rope_type"] is { } type && type.ToString() != "default")
        {
            reader.Problem($"rope_parameters.{layerType}.rope_type is {ConfigReader.Shown(type)}; this program knows \"default\".");
        }

        if (rope["rope_theta"] is null) return null;
        if (rope["rope_theta"] is JsonValue value && value.TryGetValue<double>(out var theta) && theta > 0 && double.IsFinite(theta)) return theta;
        reader.Problem($"rope_parameters.{layerType}.rope_theta is {ConfigReader.Shown(rope["rope_theta"])}. It must be a number above 0.");
        return null;
    }
}
