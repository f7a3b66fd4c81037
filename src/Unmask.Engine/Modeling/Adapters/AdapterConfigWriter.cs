using System.Text.Encodings.Web;
using System.Text.Json;
using Unmask.Core.Parameters;
using Unmask.Engine.Modeling.Adapters.Planning;

namespace Unmask.Engine.Modeling.Adapters;

/// <summary>Writes adapter_config.json as peft 0.17.1 does: its keys in the order of their letters, two blanks a level.</summary>
internal static class AdapterConfigWriter
{
    private static readonly JsonWriterOptions Options = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(Stream stream, AdapterPlan plan)
    {
        var settings = plan.Settings;
        using var writer = new Utf8JsonWriter(stream, Options);
        writer.WriteStartObject();
        Map(writer, "alpha_pattern", settings.AlphaPattern);
        writer.WriteStartObject("auto_mapping");
        writer.WriteString("base_model_class", plan.Architecture.ClassName);
        writer.WriteString("parent_library", plan.Architecture.Library);
        writer.WriteEndObject();
        writer.WriteString("base_model_name_or_path", settings.BaseModel);
        writer.WriteString("bias", settings.Bias switch { LoraBias.All => "all", LoraBias.LoraOnly => "lora_only", _ => "none" });
        writer.WriteNull("corda_config");
        // A member of later versions, which the earlier ones pass over.
        if (settings.KeepsTies) writer.WriteBoolean("ensure_weight_tying", true);
        foreach (var key in new[] { "eva_config", "exclude_modules" }) writer.WriteNull(key);
        writer.WriteBoolean("fan_in_fan_out", false);
        writer.WriteBoolean("inference_mode", true);
        if (settings.Start.ChangesBase) writer.WriteString("init_lora_weights", settings.Start.Name);
        else writer.WriteBoolean("init_lora_weights", true);
        foreach (var key in new[] { "layer_replication", "layers_pattern", "layers_to_transform" }) writer.WriteNull(key);
        writer.WriteStartObject("loftq_config");
        writer.WriteEndObject();
        Number(writer, "lora_alpha", settings.Alpha, whole: true);
        writer.WriteBoolean("lora_bias", settings.UpBias);
        Number(writer, "lora_dropout", settings.Dropout, whole: false);
        writer.WriteNull("megatron_config");
        writer.WriteString("megatron_core", "megatron.core");
        List(writer, "modules_to_save", plan.SavedNames);
        writer.WriteString("peft_type", "LORA");
        writer.WriteNumber("qalora_group_size", 16);
        writer.WriteNumber("r", settings.Rank);
        Map(writer, "rank_pattern", [.. settings.RankPattern.Select(pair => KeyValuePair.Create(pair.Key, (double)pair.Value))]);
        writer.WriteNull("revision");
        writer.WriteStartArray("target_modules");
        foreach (var name in plan.TargetNames) writer.WriteStringValue(name);
        writer.WriteEndArray();
        foreach (var key in new[] { "target_parameters", "task_type" }) writer.WriteNull(key);
        Tokens(writer, settings.Tokens);
        writer.WriteBoolean("use_dora", settings.Dora);
        writer.WriteBoolean("use_qalora", false);
        writer.WriteBoolean("use_rslora", settings.RankStabilized);
        writer.WriteEndObject();
    }

    private static void List(Utf8JsonWriter writer, string key, IReadOnlyList<string> names)
    {
        writer.WritePropertyName(key);
        if (names.Count == 0)
        {
            writer.WriteNullValue();
            return;
        }

        writer.WriteStartArray();
        foreach (var name in names) writer.WriteStringValue(name);
        writer.WriteEndArray();
    }

    private static void Tokens(Utf8JsonWriter writer, IReadOnlyList<KeyValuePair<string, IReadOnlyList<long>>> tokens)
    {
        void Ids(IReadOnlyList<long> ids)
        {
            writer.WriteStartArray();
            foreach (var id in ids) writer.WriteNumberValue(id);
            writer.WriteEndArray();
        }

        writer.WritePropertyName("trainable_token_indices");
        switch (tokens)
        {
            case []:
                writer.WriteNullValue();
                break;
            case [{ Key: "", Value: var ids }]:
                Ids(ids);
                break;
            default:
                writer.WriteStartObject();
                foreach (var (name, ids) in tokens)
                {
                    writer.WritePropertyName(name);
                    Ids(ids);
                }

                writer.WriteEndObject();
                break;
        }
    }

    private static void Map(Utf8JsonWriter writer, string key, IReadOnlyList<KeyValuePair<string, double>> pairs)
    {
        writer.WriteStartObject(key);
        foreach (var (name, value) in pairs) Number(writer, name, value, whole: true);
        writer.WriteEndObject();
    }

    /// <summary>A real number has a point in Python's files; a number that is meant whole has none.</summary>
    private static void Number(Utf8JsonWriter writer, string key, double value, bool whole)
    {
        writer.WritePropertyName(key);
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        writer.WriteRawValue(!whole && text.All(c => char.IsAsciiDigit(c)) ? text + ".0" : text);
    }
}
