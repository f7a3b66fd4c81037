using System.Text.Json;
using System.Text.Json.Nodes;

using Unmask.Core;
using Unmask.Engine.Models;

namespace Unmask.Engine.Adapters;

/// <summary>Reads peft's adapter_config.json. Keys that are not known are left alone; what is known and not done here is refused, for it would change the numbers.</summary>
internal static class AdapterConfigReader
{
    /// <summary>Keys that must be empty (null, false, [], {}), and what they would ask for.</summary>
    private static readonly (string Key, string What)[] NotDone =
    [
        ("use_dora", "DoRA"),
        ("use_qalora", "QA-LoRA"),
        ("use_bdlora", "block-diagonal LoRA"),
        ("lora_bias", "biases on the adaptor's own layers"),
        ("fan_in_fan_out", "weights stored as [in, out]"),
        ("layer_replication", "replicated layers"),
        ("modules_to_save", "modules trained as a whole beside the adaptor"),
        ("trainable_token_indices", "trained token embeddings"),
        ("target_parameters", "adaptors on bare parameters"),
        ("megatron_config", "Megatron's parallel layers"),
        ("alora_invocation_tokens", "activated LoRA"),
        ("arrow_config", "Arrow routing"),
        ("kasa_config", "KaSA"),
        ("velora_config", "VeLoRA"),
        ("monteclora_config", "MonteCLoRA"),
    ];

    /// <summary>Ways to start that change the base's weights: the adaptor alone is then not the whole difference.</summary>
    private static readonly string[] StartsThatChangeTheBase = ["pissa", "olora", "corda", "loftq", "lora_ga"];

    /// <exception cref="UserError">With everything that is wrong or not done.</exception>
    public static LoraSettings Read(JsonObject json, string file)
    {
        var reader = new ConfigReader(json, file);
        if (json["peft_type"]?.ToString() is var type && type?.Equals("LORA", StringComparison.OrdinalIgnoreCase) != true)
        {
            reader.Problem(type is null ? "there is no peft_type, so this is no adaptor of peft." : $"peft_type is {type}; only LORA can be used here.");
            reader.ThrowIfAny();
        }

        foreach (var (key, what) in NotDone.Where(pair => !IsEmpty(json[pair.Key]))) reader.Problem($"{key} asks for {what}, which this program does not have. Merge the adaptor with the library that made it.");
        if (json["bias"]?.ToString() is { } bias and not "none") reader.Problem($"bias is {bias}: the adaptor has changed biases, which this program does not read. Merge it with the library that made it.");
        if (json["init_lora_weights"] is JsonValue start && start.TryGetValue<string>(out var how) && StartsThatChangeTheBase.Any(way => how.StartsWith(way, StringComparison.OrdinalIgnoreCase)))
        {
            reader.Problem($"init_lora_weights is {how}, which changes the base's weights as well; convert the adaptor to plain LoRA with the library that made it.");
        }

        var settings = new LoraSettings
        {
            Rank = reader.Count("r", 8),
            Alpha = reader.Positive("lora_alpha", 8),
            Dropout = reader.Dropout("lora_dropout", 0),
            RankStabilised = reader.Flag("use_rslora", false),
            RankPattern = Pattern<int>(reader, "rank_pattern", value => value.TryGetValue<int>(out var rank) && rank > 0 ? rank : null, "a whole number from 1"),
            AlphaPattern = Pattern<double>(reader, "alpha_pattern", value => value.TryGetValue<double>(out var alpha) && alpha > 0 ? alpha : null, "a number above 0"),
            BaseModel = (json["base_model_name_or_path"] as JsonValue)?.ToString() ?? "",
            BaseClass = (json["auto_mapping"] as JsonObject)?["base_model_class"]?.ToString(),
            Targets = Targets(reader),
        };
        reader.ThrowIfAny();
        return settings;
    }

    private static TargetModules Targets(ConfigReader reader)
    {
        var modules = Modules(reader, "target_modules");
        if (IsEmpty(reader.Json["target_modules"])) reader.Problem("target_modules is missing; it must be a list of module names or one regular expression.");
        var layers = reader.Json["layers_to_transform"] switch
        {
            JsonValue one => Numbers(reader, [one]),
            JsonArray { Count: > 0 } list => Numbers(reader, list),
            _ => null,
        };
        return new TargetModules(modules is { Pattern: TargetModules.AllLinear } or { Names: [TargetModules.AllLinear] } ? null : modules)
        {
            Excluded = Modules(reader, "exclude_modules"),
            Layers = layers,
            LayerNames = Modules(reader, "layers_pattern") switch { null => [], { Pattern: { } name } => [name], var names => names.Names },
        };
    }

    private static ModuleNames? Modules(ConfigReader reader, string key)
    {
        switch (reader.Json[key])
        {
            case null or JsonArray { Count: 0 }:
                return null;
            case JsonArray list when list.All(item => item is JsonValue value && value.TryGetValue<string>(out _)):
                return new ModuleNames([.. list.Select(item => item!.GetValue<string>())]);
            case JsonValue value when value.TryGetValue<string>(out var text):
                try
                {
                    return new ModuleNames([], text);
                }
                catch (UserError error)
                {
                    reader.Problem($"{key}: {error.Message}");
                    return null;
                }

            default:
                reader.Problem($"{key} must be a list of module names or one regular expression.");
                return null;
        }
    }

    private static int[] Numbers(ConfigReader reader, IEnumerable<JsonNode?> items)
    {
        var numbers = items.Select(item => item is JsonValue value && value.TryGetValue<int>(out var number) && number >= 0 ? number : -1).ToArray();
        if (numbers.Contains(-1)) reader.Problem("layers_to_transform must be a number of a layer or a list of them.");
        return numbers;
    }

    private static List<KeyValuePair<string, T>> Pattern<T>(ConfigReader reader, string key, Func<JsonValue, T?> read, string what) where T : struct
    {
        var pattern = new List<KeyValuePair<string, T>>();
        foreach (var (name, node) in reader.Json[key] as JsonObject ?? [])
        {
            if (node is JsonValue value && read(value) is { } number && new ModuleNames([], name) is not null) pattern.Add(new(name, number));
            else reader.Problem($"{key} of \"{name}\" must be {what}.");
        }

        return pattern;
    }

    private static bool IsEmpty(JsonNode? node) => node switch
    {
        null => true,
        JsonArray list => list.Count == 0,
        JsonObject map => map.Count == 0,
        _ => node.GetValueKind() == JsonValueKind.False,
    };
}
