using System.Text.Json.Nodes;
using Unmask.Core.Parameters;

namespace Unmask.Engine.Modeling.Architectures.Bert;

/// <summary>The catalog entry of BERT.</summary>
internal static class BertArchitecture
{
    public static Architecture Entry { get; } = new()
    {
        ClassName = "BertForMaskedLM",
        // Its second head, for pairs of sentences, is left out.
        SameClasses = ["BertForPreTraining"],
        BodyClass = "BertModel",
        BodyPrefix = "bert.",
        Library = "transformers.models.bert.modeling_bert",
        ModelType = "bert",
        Method = TrainingMethod.Bert,
        MaskToken = "[MASK]",
        ShiftsLogits = false,
        ChatTemplate = "bert",
        // Input, query, its scaled copy, key, value, context twice, input and output of both norms; input and output of the activation.
        Keeps = new(Widths: 12, Intermediates: 2, FrozenWidths: 3, FrozenIntermediates: 1),
        LoraExclusions = ["cls.predictions.decoder"],
        BiasOfHead = BertParameters.OutputBias,
        // The miniatures are those of arXiv 1908.08962.
        Sizes =
        [
            new("tiny", 128, 512, 2, 2),
            new("mini", 256, 1024, 4, 4),
            new("small", 512, 2048, 4, 8),
            new("medium", 512, 2048, 8, 8),
            new("base", 768, 3072, 12, 12),
            new("large", 1024, 4096, 24, 16),
        ],
        Published = [new("BERT base", "google-bert/bert-base-uncased", "base", 30522, "apache-2.0"), new("BERT large", "google-bert/bert-large-uncased", "large", 30522, "apache-2.0")],
        DefaultConfig = () => new JsonObject
        {
            ["attention_probs_dropout_prob"] = 0.1,
            ["hidden_act"] = "gelu",
            ["hidden_dropout_prob"] = 0.1,
            ["hidden_size"] = 768,
            ["initializer_range"] = 0.02,
            ["intermediate_size"] = 3072,
            ["layer_norm_eps"] = 1e-12,
            ["max_position_embeddings"] = 512,
            ["num_attention_heads"] = 12,
            ["num_hidden_layers"] = 12,
            ["position_embedding_type"] = "absolute",
            ["tie_word_embeddings"] = true,
            ["type_vocab_size"] = 2,
        },
        ReadConfig = BertConfig.Read,
        IgnoresTensor = BertParameters.IsIgnored,
    };
}
