using System.Text.Json.Nodes;
using Unmask.Core.Parameters;

namespace Unmask.Engine.Modeling.Architectures.Llada;

/// <summary>The catalog entry of LLaDA.</summary>
internal static class LladaArchitecture
{
    public static Architecture Entry { get; } = new()
    {
        ClassName = "LLaDAModelLM",
        BodyClass = "LLaDAModel",
        BodyPrefix = "model.",
        Code = new("GSAI-ML/LLaDA-8B-Base", new Dictionary<string, string>
        {
            ["AutoConfig"] = "configuration_llada.LLaDAConfig",
            ["AutoModel"] = "modeling_llada.LLaDAModelLM",
            ["AutoModelForCausalLM"] = "modeling_llada.LLaDAModelLM",
        }),
        Library = "dllm.pipelines.llada.models.modeling_llada",
        ModelType = "llada",
        Method = TrainingMethod.Llada,
        MaskToken = "<|mdm_mask|>",
        ShiftsLogits = false,
        ChatTemplate = "llada",
        ReplacedTemplateTag = "<|start_header_id|>",
        // As in Dream, whose layer it shares but for the names.
        Keeps = new(Widths: 10, Intermediates: 4, FrozenWidths: 5, FrozenIntermediates: 1, Float32Widths: 2),
        LoraExclusions = ["model.transformer.ff_out"],
        TieKey = "weight_tying",
        TiedHeadIsModule = false,
        SizeKeys = new SizeKeys("d_model", "mlp_hidden_size", "n_layers", "n_heads", "n_kv_heads"),
        // 1b and 8b are the published ones (arXiv 2502.09992); the smaller keep heads of 64 and the ratio 3 of 8b.
        Sizes =
        [
            new("tiny", 128, 384, 2, 2),
            new("mini", 256, 768, 4, 4),
            new("small", 384, 1152, 8, 6),
            new("medium", 512, 1536, 12, 8),
            new("base", 768, 2304, 12, 12),
            new("1b", 2048, 5634, 22, 32) { KeyValueHeads = 4 },
            new("8b", 4096, 12288, 32, 32),
        ],
        Published = [new("LLaDA 8B instruct", "GSAI-ML/LLaDA-8B-Instruct", "8b", 126464, "mit"), new("LLaDA 8B base", "GSAI-ML/LLaDA-8B-Base", "8b", 126464, "mit")],
        DefaultConfig = () => new JsonObject
        {
            ["activation_type"] = "silu",
            ["alibi"] = false,
            ["attention_dropout"] = 0.0,
            ["attention_layer_norm"] = false,
            ["bias_for_layer_norm"] = false,
            ["block_group_size"] = 1,
            ["block_type"] = "llama",
            ["d_model"] = 4096,
            ["embedding_dropout"] = 0.0,
            ["embedding_size"] = 126464,
            ["flash_attention"] = false,
            ["include_bias"] = false,
            ["include_qkv_bias"] = false,
            ["init_cutoff_factor"] = null,
            ["init_device"] = "cpu",
            ["init_fn"] = "mitchell",
            ["init_std"] = 0.02,
            ["input_emb_norm"] = false,
            ["layer_norm_type"] = "rms",
            ["layer_norm_with_affine"] = true,
            ["mask_token_id"] = null,
            ["max_sequence_length"] = 4096,
            ["mlp_hidden_size"] = 12288,
            ["mlp_ratio"] = 4,
            ["multi_query_attention"] = null,
            ["n_heads"] = 32,
            ["n_kv_heads"] = 32,
            ["n_layers"] = 32,
            ["precision"] = "amp_bf16",
            ["residual_dropout"] = 0.0,
            ["rms_norm_eps"] = 1e-5,
            ["rope"] = true,
            ["rope_full_precision"] = true,
            ["rope_theta"] = 500_000.0,
            ["scale_logits"] = false,
            ["use_cache"] = false,
            ["weight_tying"] = false,
        },
        ReadConfig = LladaConfig.Read,
        IgnoresTensor = LladaParameters.IsIgnored,
    };
}
