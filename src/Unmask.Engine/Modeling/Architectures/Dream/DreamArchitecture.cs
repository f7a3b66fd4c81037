using System.Text.Json.Nodes;
using Unmask.Core.Parameters;

namespace Unmask.Engine.Modeling.Architectures.Dream;

/// <summary>The catalog entry of Dream.</summary>
internal static class DreamArchitecture
{
    public static Architecture Entry { get; } = new()
    {
        ClassName = "DreamModel",
        BodyClass = "DreamBaseModel",
        BodyPrefix = "model.",
        Code = new("Dream-org/Dream-v0-Instruct-7B", new Dictionary<string, string>
        {
            ["AutoConfig"] = "configuration_dream.DreamConfig",
            ["AutoModel"] = "modeling_dream.DreamModel",
        })
        {
            Tokenizer = "tokenization_dream.DreamTokenizer",
        },
        CompleteConfig = (json, config) => json["rope_theta"] = ((DreamConfig)config).Theta,
        Library = "dllm.pipelines.dream.models.modeling_dream",
        ModelType = "Dream",
        Method = TrainingMethod.Dream,
        MaskToken = "<|mask|>",
        ShiftsLogits = true,
        // The settings of dllm's examples; at temperature 0 the published models answer much worse (GSM8K 35% instead of 82%).
        Sampling = new(Remasking.Entropy, BlockSize: null, Temperature: 0.2, TopP: 0.95, TopK: 50),
        ChatTemplate = "dream",
        // Input, normalized and weighted output of both norms, query, key, value, context; gate, its activation, the other side, the product.
        Keeps = new(Widths: 10, Intermediates: 4, FrozenWidths: 5, FrozenIntermediates: 1, Float32Widths: 2),
        LoraExclusions = ["lm_head"],
        // 0.5b to 7b are the bodies of Qwen2.5 (7b is the published Dream); the smaller keep heads of 64 and its proportions.
        Sizes =
        [
            new("tiny", 128, 384, 2, 2) { KeyValueHeads = 1 },
            new("mini", 256, 768, 4, 4) { KeyValueHeads = 2 },
            new("small", 384, 1152, 8, 6) { KeyValueHeads = 2 },
            new("medium", 512, 1536, 12, 8) { KeyValueHeads = 2 },
            new("base", 768, 2304, 12, 12) { KeyValueHeads = 2 },
            new("0.5b", 896, 4864, 24, 14) { KeyValueHeads = 2 },
            new("1.5b", 1536, 8960, 28, 12) { KeyValueHeads = 2 },
            new("3b", 2048, 11008, 36, 16) { KeyValueHeads = 2 },
            new("7b", 3584, 18944, 28, 28) { KeyValueHeads = 4 },
        ],
        Published = [new("Dream 7B instruct", "Dream-org/Dream-v0-Instruct-7B", "7b", 152064, "apache-2.0"), new("Dream 7B base", "Dream-org/Dream-v0-Base-7B", "7b", 152064, "apache-2.0")],
        DefaultConfig = () => new JsonObject
        {
            ["attention_dropout"] = 0.0,
            ["hidden_act"] = "silu",
            ["hidden_size"] = 3584,
            ["initializer_range"] = 0.02,
            ["intermediate_size"] = 18944,
            ["mask_token_id"] = null,
            ["max_position_embeddings"] = 131072,
            ["max_window_layers"] = 28,
            ["num_attention_heads"] = 28,
            ["num_hidden_layers"] = 28,
            ["num_key_value_heads"] = 4,
            ["rms_norm_eps"] = 1e-6,
            ["rope_scaling"] = null,
            ["rope_theta"] = 1_000_000.0,
            ["sliding_window"] = null,
            ["tie_word_embeddings"] = false,
            ["use_cache"] = true,
            ["use_sliding_window"] = false,
        },
        ReadConfig = DreamConfig.Read,
        IgnoresTensor = DreamParameters.IsIgnored,
    };
}
