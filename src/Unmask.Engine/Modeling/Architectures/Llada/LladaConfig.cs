using System.Text.Json.Nodes;
using Unmask.Engine.Modeling.Blocks;

namespace Unmask.Engine.Modeling.Architectures.Llada;

/// <summary>Configuration of <c>LLaDAModelLM</c> (arXiv 2502.09992), whose keys are those of OLMo; defaults as in the original's class.</summary>
public sealed class LladaConfig : ModelConfig
{
    /// <summary>Names of the published start values.</summary>
    internal static readonly IReadOnlyList<string> InitNames = ["mitchell", "normal", "kaiming_normal", "fan_in", "full_megatron"];

    private IReadOnlyList<ParameterSpec>? parameters;

    private LladaConfig(JsonObject json) : base(json)
    {
    }

    /// <summary>Heads of keys and values; each serves Heads / KeyValueHeads query heads.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Layers that share a name prefix in the files; 1 in every published model.</summary>
    public required int GroupSize { get; init; }

    public required double NormEpsilon { get; init; }

    /// <summary>Base of the rotary frequencies.</summary>
    public required double Theta { get; init; }

    public required string ActivationName { get; init; }

    public required bool Bias { get; init; }

    public required bool QueryKeyValueBias { get; init; }

    public required bool NormWeight { get; init; }

    public required bool NormBias { get; init; }

    /// <summary>Queries and keys are normalized over their whole width before the heads are told apart.</summary>
    public required bool QueryKeyNorm { get; init; }

    public required bool QueryKeyNormWeight { get; init; }

    /// <summary>Embeddings are multiplied by sqrt(D).</summary>
    public required bool ScalesEmbeddings { get; init; }

    /// <summary>Logits are divided by sqrt(D).</summary>
    public required bool ScalesLogits { get; init; }

    public required double ResidualDropout { get; init; }

    public required double EmbeddingDropout { get; init; }

    public required string InitName { get; init; }

    public required double InitRange { get; init; }

    public required double? InitCutoff { get; init; }

    public override IReadOnlyList<ParameterSpec> Parameters => parameters ??= LladaParameters.Of(this);

    public override MaskedLanguageModel Build(ParameterSet parameters) => new LladaModel(this, parameters);

    /// <summary>Reads a configuration.</summary>
    /// <exception cref="Unmask.Primitives.UserError">With every wrong value, and every choice that no published LLaDA makes.</exception>
    public static LladaConfig Read(ConfigReader reader)
    {
        var tokens = reader.Rows("vocab_size", 50257);
        var rows = reader.Rows("embedding_size", reader.Json.ContainsKey("embedding_size") ? tokens : 50304);
        var width = reader.Rows("d_model", 768);
        var heads = reader.Rows("n_heads", 12);
        var bias = reader.Flag("include_bias", false);
        var config = new LladaConfig(reader.Json)
        {
            VocabularySize = rows,
            Width = width,
            Layers = reader.Layers("n_layers", 12),
            Heads = heads,
            KeyValueHeads = reader.Rows("n_kv_heads", reader.Flag("multi_query_attention", false) ? 1 : heads),
            IntermediateWidth = reader.Rows("mlp_hidden_size", reader.Count("mlp_ratio", 4, most: 64) * width),
            ContextLength = reader.Count("max_sequence_length", 1024),
            GroupSize = reader.Count("block_group_size", 1),
            NormEpsilon = reader.Positive("rms_norm_eps", 1e-5),
            Theta = reader.Positive("rope_theta", 10_000),
            ActivationName = reader.Activation("activation_type", "swiglu"),
            Bias = bias,
            QueryKeyValueBias = bias || reader.Flag("include_qkv_bias", false),
            NormWeight = reader.Flag("layer_norm_with_affine", true),
            NormBias = reader.Flag("bias_for_layer_norm", bias),
            QueryKeyNorm = reader.Flag("attention_layer_norm", false),
            QueryKeyNormWeight = reader.Flag("attention_layer_norm_with_affine", true),
            ScalesEmbeddings = reader.Flag("input_emb_norm", false),
            ScalesLogits = reader.Flag("scale_logits", false),
            AttentionDropout = reader.Dropout("attention_dropout", 0.1),
            ResidualDropout = reader.Dropout("residual_dropout", 0.1),
            EmbeddingDropout = reader.Dropout("embedding_dropout", 0.1),
            InitName = reader.OneOf("init_fn", "normal", InitNames),
            InitRange = reader.Positive("init_std", 0.02),
            InitCutoff = reader.Has("init_cutoff_factor") ? reader.Positive("init_cutoff_factor", 3) : null,
            // The look-up of this model trains the padding row like any other.
            PadId = null,
            TiesEmbeddings = reader.Flag("weight_tying", true),
        };
        CheckForm(reader);
        if (rows < tokens) reader.Problem($"embedding_size is {rows}. It must be at least vocab_size, which is {tokens}.");
        if (config.Width % (2 * config.Heads) != 0)
        {
            reader.Problem($"d_model is {config.Width}. It must be a multiple of twice n_heads (rotary embedding needs an even head width), which is {2 * config.Heads}.");
        }

        if (config.Heads % config.KeyValueHeads != 0) reader.Problem($"n_heads is {config.Heads}. It must be a multiple of n_kv_heads, which is {config.KeyValueHeads}.");
        if (config.Layers % config.GroupSize != 0) reader.Problem($"n_layers is {config.Layers}. It must be a multiple of block_group_size, which is {config.GroupSize}.");
        return reader.Checked(config);
    }

    /// <summary>Refuses the forms that OLMo's keys can ask for and LLaDA does not have. A missing key stands for one of them.</summary>
    private static void CheckForm(ConfigReader reader)
    {
        void Needs(string key, string value, string missing)
        {
            if (!reader.Has(key)) reader.Problem($"{key} is missing, which means {missing}; this program knows {value}.");
            else reader.OneOf(key, value, [value]);
        }

        Needs("block_type", "llama", "sequential");
        Needs("layer_norm_type", "rms", "default");
        if (!reader.Has("activation_type")) reader.Problem($"activation_type is missing, which means swiglu; this program knows {string.Join(", ", Activation.Names)}.");
        if (!reader.Flag("rope", false)) reader.Problem("rope is false or missing; this program knows true (rotary positions).");
        if (reader.Flag("alibi", false)) reader.Problem("alibi is true; this program knows false.");
        if (reader.Has("clip_qkv")) reader.Problem("clip_qkv is set; only null is supported (no clipping).");
    }
}
