using System.Text.Json.Nodes;
using Unmask.Core.Parameters;

namespace Unmask.Engine.Modeling.Architectures.ModernBert;

/// <summary>The catalog entry of ModernBERT.</summary>
internal static class ModernBertArchitecture
{
    public static Architecture Entry { get; } = new()
    {
        ClassName = "ModernBertForMaskedLM",
        BodyClass = "ModernBertModel",
        BodyPrefix = "model.",
        CompleteConfig = (json, config) => ModernBertExport.Complete(json, (ModernBertConfig)config),
        Library = "transformers.models.modernbert.modeling_modernbert",
        ModelType = "modernbert",
        Method = TrainingMethod.Bert,
        MaskToken = "[MASK]",
        ShiftsLogits = false,
        ChatTemplate = "bert",
        // Input and output of both norms, query, key, value, the first two rotated, context; both halves of the gate, the activated one, the product.
        Keeps = new(Widths: 10, Intermediates: 4, FrozenWidths: 3, FrozenIntermediates: 1),
        LoraExclusions = ["decoder"],
        // base and large are the published ones; the smaller keep heads of 64 and the ratio 3/2 of base.
        Sizes =
        [
            new("tiny", 128, 192, 4, 2),
            new("mini", 256, 384, 6, 4),
            new("small", 384, 576, 10, 6),
            new("medium", 512, 768, 16, 8),
            new("base", 768, 1152, 22, 12),
            new("large", 1024, 2624, 28, 16),
        ],
        // Attention under the keys of transformers 4, which its version 5 reads as well.
        Published =
        [
            new("ModernBERT base", "answerdotai/ModernBERT-base", "base", 50368, "apache-2.0"),
            new("ModernBERT large", "answerdotai/ModernBERT-large", "large", 50368, "apache-2.0"),
            new("ModernBERT base chat", "dllm-hub/ModernBERT-base-chat-v0.1", "base", 50368, "apache-2.0"),
            new("ModernBERT large chat", "dllm-hub/ModernBERT-large-chat-v0.1", "large", 50368, "apache-2.0"),
        ],
        DefaultConfig = () => new JsonObject
        {
            ["attention_bias"] = false,
            ["attention_dropout"] = 0.0,
            ["classifier_activation"] = "gelu",
            ["classifier_bias"] = false,
            ["decoder_bias"] = true,
            ["embedding_dropout"] = 0.0,
            ["global_attn_every_n_layers"] = 3,
            ["global_rope_theta"] = 160000.0,
            ["hidden_activation"] = "gelu",
            ["hidden_size"] = 768,
            ["initializer_cutoff_factor"] = 2.0,
            ["initializer_range"] = 0.02,
            ["intermediate_size"] = 1152,
            ["local_attention"] = 128,
            ["local_rope_theta"] = 10000.0,
            ["max_position_embeddings"] = 8192,
            ["mlp_bias"] = false,
            ["mlp_dropout"] = 0.0,
            ["norm_bias"] = false,
            ["norm_eps"] = 1e-5,
            ["num_attention_heads"] = 12,
            ["num_hidden_layers"] = 22,
            ["tie_word_embeddings"] = true,
        },
        ReadConfig = ModernBertConfig.Read,
        IgnoresTensor = ModernBertParameters.IsIgnored,
    };
}
