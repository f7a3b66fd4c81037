using System.Text.Json.Nodes;
using Unmask.Engine.Modeling.Blocks;

namespace Unmask.Engine.Modeling.Architectures.Dream;

/// <summary>Configuration of <c>DreamModel</c> (arXiv 2508.15487): the keys of Qwen2, read without a causal mask; defaults as in the original's class.</summary>
public sealed class DreamConfig : ModelConfig
{
    private IReadOnlyList<ParameterSpec>? parameters;

    private DreamConfig(JsonObject json) : base(json)
    {
    }

    /// <summary>Heads of keys and values; each serves Heads / KeyValueHeads query heads.</summary>
    public required int KeyValueHeads { get; init; }

    public required double NormEpsilon { get; init; }

    public required double InitializerRange { get; init; }

    /// <summary>Base of the rotary frequencies.</summary>
    public required double Theta { get; init; }

    public required string ActivationName { get; init; }

    public override IReadOnlyList<ParameterSpec> Parameters => parameters ??= DreamParameters.Of(this);

    public override MaskedLanguageModel Build(ParameterSet parameters) => new DreamModel(this, parameters);

    /// <summary>Reads a configuration.</summary>
    /// <exception cref="Unmask.Primitives.UserError">With every wrong value.</exception>
    public static DreamConfig Read(ConfigReader reader)
    {
        var vocabulary = reader.Rows("vocab_size", 151936);
        var heads = reader.Rows("num_attention_heads", 32);
        var config = new DreamConfig(reader.Json)
        {
            VocabularySize = vocabulary,
            Width = reader.Rows("hidden_size", 4096),
            Layers = reader.Layers("num_hidden_layers", 32),
            Heads = heads,
            // An explicit null means one for each query head, a missing key the class's own number.
            KeyValueHeads = reader.Rows("num_key_value_heads", reader.Json.ContainsKey("num_key_value_heads") ? heads : 32),
            IntermediateWidth = reader.Rows("intermediate_size", 22016),
            ContextLength = reader.Count("max_position_embeddings", 32768),
            NormEpsilon = reader.Positive("rms_norm_eps", 1e-6),
            InitializerRange = reader.Positive("initializer_range", 0.02),
            AttentionDropout = reader.Dropout("attention_dropout", 0),
            Theta = ReadTheta(reader),
            ActivationName = reader.Activation("hidden_act", "silu"),
            PadId = reader.Id("pad_token_id", vocabulary > 151643 ? 151643 : null, vocabulary),
            TiesEmbeddings = reader.Flag("tie_word_embeddings", false),
        };
        if (config.Width % (2 * config.Heads) != 0)
        {
            reader.Problem($"hidden_size is {config.Width}. It must be a multiple of twice num_attention_heads (rotary embedding needs an even head width), which is {2 * config.Heads}.");
        }

        if (config.Heads % config.KeyValueHeads != 0)
        {
            reader.Problem($"num_attention_heads is {config.Heads}. It must be a multiple of num_key_value_heads, which is {config.KeyValueHeads}.");
        }

        if (reader.Has("rope_scaling")) reader.Problem($"rope_scaling is {ConfigReader.Shown(reader.Json["rope_scaling"])}; only null is supported (unscaled positions).");
        if (reader.Flag("use_sliding_window", false)) reader.Problem("use_sliding_window is true; this program knows false (every token sees all others).");
        return reader.Checked(config);
    }

    /// <summary>rope_theta, or that of rope_parameters in files of transformers 5.</summary>
    private static double ReadTheta(ConfigReader reader)
    {
        if (!reader.Has("rope_parameters")) return reader.Positive("rope_theta", 10_000);
        if (reader.Json["rope_parameters"] is JsonObject rope && (rope["rope_type"]?.ToString() ?? "default") == "default"
            && rope["rope_theta"] is JsonValue value && value.TryGetValue<double>(out var theta) && theta > 0 && double.IsFinite(theta))
        {
            return theta;
        }

        reader.Problem($"rope_parameters is {ConfigReader.Shown(reader.Json["rope_parameters"])}; this program knows an object with rope_type \"default\" and a rope_theta above 0.");
        return 10_000;
    }
}
