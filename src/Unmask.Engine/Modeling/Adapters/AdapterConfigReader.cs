using System.Text.Json;
using System.Text.Json.Nodes;
using Unmask.Core.Parameters;
using Unmask.Engine.Modeling.Adapters.Planning;
using Unmask.Engine.Modeling.Adapters.Targets;

namespace Unmask.Engine.Modeling.Adapters;

/// <summary>Reads peft's adapter_config.json. Members that are not known are left alone; what is known and not done here is refused, for it would change the numbers.</summary>
internal static class AdapterConfigReader
{
    /// <summary>More names than any model has modules.</summary>
    private const int MostNames = 5_000;

    /// <summary>Longer than the path of any module.</summary>
    private const int LongestName = 1_000;

    /// <summary>Members that must be empty (null, false, [], {}), and what they would ask for.</summary>
    private static readonly (string Key, string What)[] NotDone =
    [
        ("use_qalora", "QA-LoRA"),
        ("use_bdlora", "block-diagonal LoRA"),
        ("layer_replication", "replicated layers"),
        ("target_parameters", "adapters on bare parameters"),
        ("megatron_config", "Megatron's parallel layers"),
        ("alora_invocation_tokens", "activated LoRA, which starts within a text"),
        ("arrow_config", "Arrow routing"),
        ("kasa_config", "KaSA"),
        ("velora_config", "VeLoRA"),
        ("monteclora_config", "MonteCLoRA"),
    ];

    /// <summary>Members by whose name one could think that they change the numbers of a trained adapter, and that don't.</summary>
    private static readonly HashSet<string> Harmless = new(StringComparer.Ordinal) { "use_dora", "use_rslora", "eva_config", "corda_config", "loftq_config", "lora_ga_config", "runtime_config" };

    /// <summary>Ways to start that leave the base as it is.</summary>
    private static readonly HashSet<string> PlainStarts = new(StringComparer.OrdinalIgnoreCase) { "gaussian", "eva", "orthogonal", "true", "false" };

    /// <exception cref="UserError">With everything that is wrong or not done.</exception>
    public static LoraSettings Read(JsonObject json, string file)
    {
        var reader = new ConfigReader(json, file);
        if (json["peft_type"]?.ToString() is var type && type?.Equals("LORA", StringComparison.OrdinalIgnoreCase) != true)
        {
            reader.Problem(type is null ? "there is no peft_type, so this is no adapter of peft." : $"peft_type is {ConfigReader.Shown(json["peft_type"])}; only LORA can be used here.");
            reader.ThrowIfAny();
        }

        var unknown = json.Where(pair => !Harmless.Contains(pair.Key) && NotDone.All(known => known.Key != pair.Key) && (pair.Key.StartsWith("use_", StringComparison.Ordinal) && pair.Value?.GetValueKind() == JsonValueKind.True || pair.Key.EndsWith("_config", StringComparison.Ordinal) && !IsEmpty(pair.Value)))
            .Select(pair => (pair.Key, What: "a form of LoRA"));
        foreach (var (key, what) in NotDone.Where(pair => !IsEmpty(json[pair.Key])).Concat(unknown)) reader.Problem($"{key} asks for {what}, which this program does not have. Merge the adapter with the library that made it.");
        var start = Start(reader);
        var settings = new LoraSettings
        {
            Rank = reader.Count("r", 8),
            Alpha = reader.Positive("lora_alpha", 8),
            Dropout = reader.Dropout("lora_dropout", 0),
            RankStabilized = reader.Flag("use_rslora", false),
            Dora = reader.Flag("use_dora", false),
            UpBias = reader.Flag("lora_bias", false),
            Bias = reader.OneOf("bias", "none", ["none", "all", "lora_only"]) switch { "all" => LoraBias.All, "lora_only" => LoraBias.LoraOnly, _ => LoraBias.None },
            SavedModules = Names(reader, "modules_to_save"),
            Tokens = Tokens(reader),
            KeepsTies = reader.Flag("ensure_weight_tying", false),
            Start = start,
            RankPattern = Pattern<int>(reader, "rank_pattern", value => value.TryGetValue<int>(out var rank) && rank > 0 ? rank : null, "a whole number from 1"),
            AlphaPattern = Pattern<double>(reader, "alpha_pattern", value => value.TryGetValue<double>(out var alpha) && alpha > 0 && double.IsFinite(alpha) ? alpha : null, "a number above 0"),
            BaseModel = reader.Text("base_model_name_or_path") ?? "",
            BaseClass = ((json["auto_mapping"] as JsonObject)?["base_model_class"] as JsonValue)?.ToString(),
            Targets = Targets(reader),
        };
        // Of linear layers peft says that it takes no notice of fan_in_fan_out; no model here has others.
        reader.Flag("fan_in_fan_out", false);
        if (settings is { Dora: true, UpBias: true }) reader.Problem("use_dora and lora_bias are both true, which peft refuses.");
        if (settings is { Dora: true, KeepsTies: true }) reader.Problem("use_dora and ensure_weight_tying are both true, which this program does not have together. Merge the adapter with the library that made it.");
        reader.ThrowIfAny();
        return settings;
    }

    private static ResidualStart Start(ConfigReader reader)
    {
        if (reader.Json["init_lora_weights"] is not { } node || node.GetValueKind() is JsonValueKind.True or JsonValueKind.False) return ResidualStart.None;
        var name = node is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
        if (ResidualStart.IsOne(name)) return new ResidualStart(name);
        if (!PlainStarts.Contains(name)) reader.Problem($"init_lora_weights is {ConfigReader.Shown(node)}, which changes the base's weights in a way that this program does not have; convert the adapter to plain LoRA with the library that made it.");
        return ResidualStart.None;
    }

    private static TargetModules Targets(ConfigReader reader)
    {
        var modules = Modules(reader, "target_modules");
        if (IsEmpty(reader.Json["target_modules"])) reader.Problem("target_modules is missing. It must be a list of module names or one regular expression.");
        var layers = reader.Json["layers_to_transform"] switch
        {
            null or JsonArray { Count: 0 } => null,
            JsonArray list => Numbers(reader, "layers_to_transform", list, "a number of a layer or a list of them"),
            var one => Numbers(reader, "layers_to_transform", [one], "a number of a layer or a list of them"),
        };
        var names = Modules(reader, "layers_pattern") switch { null => [], { Pattern: { } name } => [name], var list => list.Names };
        var isAll = modules is { Pattern: { } pattern } && pattern.Equals(TargetModules.AllLinear, StringComparison.OrdinalIgnoreCase) || modules is { Names: [TargetModules.AllLinear] };
        if (modules?.Pattern is not null && (layers is not null || names.Count > 0)) reader.Problem("layers_to_transform and layers_pattern cannot be used where target_modules is one text, as in peft; put the layers into the expression.");
        return new TargetModules(isAll ? null : modules)
        {
            Excluded = Modules(reader, "exclude_modules"),
            Layers = layers?.Select(number => (int)Math.Min(number, int.MaxValue)).ToArray(),
            LayerNames = names,
        };
    }

    private static ModuleNames? Modules(ConfigReader reader, string key)
    {
        switch (reader.Json[key])
        {
            case null or JsonArray { Count: 0 }:
                return null;
            case JsonArray:
                return new ModuleNames(Names(reader, key));
            case JsonValue value when value.TryGetValue<string>(out var text):
                if (text.Length == 0) return null;
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

    private static string[] Names(ConfigReader reader, string key)
    {
        if (reader.Json[key] is null) return [];
        if (reader.Json[key] is JsonArray list && list.All(item => item is JsonValue value && value.TryGetValue<string>(out var name) && name.Length is > 0 and <= LongestName))
        {
            if (list.Count <= MostNames) return [.. list.Select(item => item!.GetValue<string>()).Distinct()];
            reader.Problem($"{key} has {list.Count:N0} names; at most {MostNames:N0} are taken.");
            return [];
        }

        reader.Problem(key is "target_modules" or "exclude_modules" ? $"{key} must be a list of module names or one regular expression." : $"{key} must be a list of module names.");
        return [];
    }

    private static KeyValuePair<string, IReadOnlyList<long>>[] Tokens(ConfigReader reader)
    {
        const string key = "trainable_token_indices", what = "a list of token ids, or a map of names of tables to such lists";
        switch (reader.Json[key])
        {
            case null or JsonArray { Count: 0 } or JsonObject { Count: 0 }:
                return [];
            case JsonArray list:
                return [new("", Numbers(reader, key, list, what))];
            case JsonObject map when map.Count <= MostNames:
                return [.. map.Select(pair => new KeyValuePair<string, IReadOnlyList<long>>(pair.Key, Numbers(reader, key, pair.Value as JsonArray ?? [pair.Value?.DeepClone()], what)))];
            default:
                reader.Problem($"{key} must be {what}.");
                return [];
        }
    }

    private static long[] Numbers(ConfigReader reader, string key, IEnumerable<JsonNode?> items, string what)
    {
        var numbers = items.Select(item => item is JsonValue value && value.TryGetValue<long>(out var number) && number >= 0 ? number : -1).ToArray();
        if (numbers.Contains(-1)) reader.Problem($"{key} must be {what}.");
        return numbers;
    }

    private static List<KeyValuePair<string, T>> Pattern<T>(ConfigReader reader, string key, Func<JsonValue, T?> read, string what) where T : struct
    {
        var pattern = new List<KeyValuePair<string, T>>();
        if (reader.Json[key] is not (null or JsonObject { Count: <= MostNames }))
        {
            reader.Problem($"{key} must be a map of module names to numbers, of at most {MostNames:N0}.");
            return pattern;
        }

        foreach (var (name, node) in reader.Json[key] as JsonObject ?? [])
        {
            if (reader.Problems > 20) break;
            if (node is not JsonValue value || read(value) is not { } number)
            {
                reader.Problem($"{key} of \"{(name.Length <= 80 ? name : name[..80] + "…")}\" must be {what}.");
                continue;
            }

            try
            {
                PathExpression.Parse(name);
                pattern.Add(new(name, number));
            }
            catch (UserError error)
            {
                reader.Problem($"{key}: {error.Message}");
            }
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
