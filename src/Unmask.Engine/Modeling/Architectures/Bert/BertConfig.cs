using System.Text.Json.Nodes;
using Unmask.Engine.Modeling.Blocks;

namespace Unmask.Engine.Modeling.Architectures.Bert;

/// <summary>Configuration of <c>BertForMaskedLM</c> (arXiv 1810.04805); defaults as in transformers.</summary>
public sealed class BertConfig : ModelConfig
{
    private IReadOnlyList<ParameterSpec>? parameters;

    private BertConfig(JsonObject json) : base(json)
    {
    }

    public required int TokenTypes { get; init; }

    public required double HiddenDropout { get; init; }

    public required double NormEpsilon { get; init; }

    public required double InitializerRange { get; init; }

    public required string ActivationName { get; init; }

    public override IReadOnlyList<ParameterSpec> Parameters => parameters ??= BertParameters.Of(this);

    public override MaskedLanguageModel Build(ParameterSet parameters) => new BertForMaskedLM(this, parameters);

    /// <summary>Reads a configuration.</summary>
    /// <exception cref="Unmask.Primitives.UserError">With every wrong value.</exception>
    public static BertConfig Read(ConfigReader reader)
    {
        var vocabulary = reader.Rows("vocab_size", 30522);
        var config = new BertConfig(reader.Json)
        {
            VocabularySize = vocabulary,
            Width = reader.Rows("hidden_size", 768),
            Layers = reader.Layers("num_hidden_layers", 12),
            Heads = reader.Rows("num_attention_heads", 12),
            IntermediateWidth = reader.Rows("intermediate_size", 3072),
            ContextLength = reader.Rows("max_position_embeddings", 512),
            TokenTypes = reader.Rows("type_vocab_size", 2),
            HiddenDropout = reader.Dropout("hidden_dropout_prob", 0.1),
            AttentionDropout = reader.Dropout("attention_probs_dropout_prob", 0.1),
            NormEpsilon = reader.Positive("layer_norm_eps", 1e-12),
            InitializerRange = reader.Positive("initializer_range", 0.02),
            ActivationName = reader.Activation("hidden_act", "gelu"),
            PadId = reader.Id("pad_token_id", 0, vocabulary),
            TiesEmbeddings = reader.Flag("tie_word_embeddings", true),
        };
        reader.OneOf("position_embedding_type", "absolute", ["absolute"]);
        if (config.Width % config.Heads != 0)
        {
            reader.Problem($"hidden_size is {config.Width}. It must be a multiple of num_attention_heads, which is {config.Heads}.");
        }

        if (reader.Flag("is_decoder", false)) reader.Problem("is_decoder is true; only bidirectional models (false) can be trained by diffusion.");
        return reader.Checked(config);
    }
}
