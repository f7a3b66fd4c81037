using System.Text.Json.Nodes;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Quantization;

/// <summary>The key <c>quantization_config</c> of config.json, by which transformers knows a model in 4 bits.</summary>
internal static class BitsAndBytesConfig
{
    public const string Key = "quantization_config";

    private const int LongestWord = 40;

    /// <summary>Why a model quantized so cannot be read; null when it can, or is not quantized.</summary>
    public static string? Problem(JsonObject config)
    {
        if (config[Key] is not JsonObject quantized) return null;
        var method = Text(quantized, "quant_method") ?? "an unknown method";
        var how = method != "bitsandbytes" ? method : !Flag(quantized, "load_in_4bit") ? "8 bits by bitsandbytes" : Text(quantized, "bnb_4bit_quant_type") is var type and not "nf4" ? $"{type ?? "fp4"} by bitsandbytes" : null;
        return how is null ? null : $"{Key} says that the model is quantized by {how}; of quantized models only 4-bit nf4 by bitsandbytes is read here. Use the original model, with load_in_4bit where memory is short.";
    }

    /// <summary>Says that the linear layers but those of <paramref name="skipped"/> are in 4 bits.</summary>
    public static JsonObject Create(ScalarType computeDtype, bool doubly, IEnumerable<string> skipped) => new()
    {
        ["_load_in_4bit"] = true,
        ["_load_in_8bit"] = false,
        ["bnb_4bit_compute_dtype"] = NameOf(computeDtype),
        ["bnb_4bit_quant_storage"] = "uint8",
        ["bnb_4bit_quant_type"] = "nf4",
        ["bnb_4bit_use_double_quant"] = doubly,
        ["llm_int8_enable_fp32_cpu_offload"] = false,
        ["llm_int8_has_fp16_weight"] = false,
        ["llm_int8_skip_modules"] = new JsonArray([.. skipped.Select(path => JsonValue.Create(path))]),
        // A whole number would be refused.
        ["llm_int8_threshold"] = JsonNode.Parse("6.0"),
        ["load_in_4bit"] = true,
        ["load_in_8bit"] = false,
        ["quant_method"] = "bitsandbytes",
    };

    public static string NameOf(ScalarType dtype) => dtype switch
    {
        ScalarType.BFloat16 => "bfloat16",
        ScalarType.Float16 => "float16",
        ScalarType.Float64 => "float64",
        _ => "float32",
    };

    /// <summary>A word of the file, cut where it is none.</summary>
    private static string? Text(JsonObject json, string key) => json[key] is JsonValue value && value.TryGetValue<string>(out var text) ? text.Length <= LongestWord ? text : text[..LongestWord] + "…" : null;

    private static bool Flag(JsonObject json, string key) => json[key] is JsonValue value && value.TryGetValue<bool>(out var flag) && flag;
}
