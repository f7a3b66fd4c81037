using System.Text.Json;
using System.Text.Json.Nodes;

namespace Unmask.Core.Parameters.Import;

/// <summary>The fields of a training template that Transformer Lab saved: a whole task, or its config alone. Any part may be JSON written as a text.</summary>
internal sealed class TemplateFields
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    private TemplateFields()
    {
    }

    /// <summary>Name of the template; null when it has none.</summary>
    public string? Name { get; private set; }

    /// <summary>Every field that holds something, as text, in the order of the file.</summary>
    public IReadOnlyDictionary<string, string> Values => _values;

    /// <summary>Fields that hold nothing.</summary>
    public List<string> Empty { get; } = [];

    /// <summary>Fields of the task around the configuration.</summary>
    public List<string> Bookkeeping { get; } = [];

    /// <exception cref="UserError">It is no training template of the Diffusion LLM Trainer.</exception>
    public static TemplateFields Read(string json, string file)
    {
        var root = Unfolded(Parse(json, file));
        if (root is JsonArray { Count: 1 } single) root = Unfolded(single[0]);
        if (root is JsonArray several) throw new UserError($"{file} holds {several.Count} templates; import one at a time.");
        if (root is not JsonObject task) throw new UserError($"{file} holds no template of Transformer Lab, which is a JSON object.");

        var fields = new TemplateFields();
        if (task.ContainsKey("config")) fields.AddTask(task, file);
        else fields.AddAll(task);

        fields.Name ??= fields._values.GetValueOrDefault("template_name");
        if (fields._values.GetValueOrDefault("plugin_name") is { } plugin && !plugin.StartsWith("dllm_trainer", StringComparison.OrdinalIgnoreCase))
            throw new UserError($"{file} belongs to the plugin {plugin}; only templates of the Diffusion LLM Trainer (dllm_trainer_multi_gpu) can be imported.");
        if (!fields._values.Keys.Any(key => ParameterCatalog.Find(key) is not null || key is "model_name" or "dataset_name"))
            throw new UserError($"{file} holds no template of Transformer Lab: none of its fields is a setting of the Diffusion LLM Trainer.");
        return fields;
    }

    private void AddTask(JsonObject task, string file)
    {
        if (Text(task["type"]) is { } type && !type.Equals("TRAIN", StringComparison.OrdinalIgnoreCase))
            throw new UserError($"{file} is a template of the type {type}; only training templates (TRAIN) can be imported.");
        if (Unfolded(task["config"]) is not JsonObject config) throw new UserError($"The config of {file} is not a JSON object.");
        Name = Text(task["name"]);
        AddAll(config);
        // A job is made of the configuration with these over it.
        foreach (var part in (string[])["inputs", "outputs"])
        {
            if (Unfolded(task[part]) is JsonObject over) AddAll(over);
        }

        if (Text(task["plugin"]) is { } plugin) _values["plugin_name"] = plugin;
        Bookkeeping.AddRange(task.Select(field => field.Key).Except(["config", "inputs", "outputs", "plugin", "name", "type"]));
    }

    private void AddAll(JsonObject fields)
    {
        foreach (var (key, node) in fields)
        {
            if (Text(node) is { } text) _values[key] = text;
            else if (!_values.ContainsKey(key)) Empty.Add(key);
        }
    }

    /// <summary>A value as text; null where it holds nothing.</summary>
    private static string? Text(JsonNode? node) => node switch
    {
        null or JsonObject { Count: 0 } or JsonArray { Count: 0 } => null,
        JsonValue value when value.GetValueKind() == JsonValueKind.String => string.IsNullOrWhiteSpace(value.GetValue<string>()) ? null : value.GetValue<string>(),
        _ => node.ToJsonString(),
    };

    /// <summary>The node, or what it says where it is a text that holds JSON.</summary>
    private static JsonNode? Unfolded(JsonNode? node)
    {
        while (node is JsonValue value && value.GetValueKind() == JsonValueKind.String)
        {
            try
            {
                node = JsonInput.Parse(value.GetValue<string>());
            }
            catch (JsonException)
            {
                return node;
            }
        }

        return node;
    }

    private static JsonNode? Parse(string json, string file)
    {
        try
        {
            return JsonInput.Parse(json);
        }
        catch (JsonException broken)
        {
            throw new UserError($"{file} is not valid JSON: {JsonInput.Reason(broken)}.");
        }
    }
}
