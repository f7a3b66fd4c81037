using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Unmask.Core.Parameters.Reference;

/// <summary>
/// The settings as a JSON Schema (draft 2020-12): editors complete and check recipes with it, and the form of the workbench is made from
/// it. What the schema language has no word for stands under <c>x-</c> names.
/// </summary>
public static class ParameterSchema
{
    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The schema as indented JSON.</summary>
    public static string Write()
    {
        var properties = new JsonObject();
        foreach (Setting setting in ParameterCatalog.Settings)
        {
            properties[setting.Name] = Property(setting);
            if (setting.Alias is { } alias) properties[alias] = new JsonObject { ["$ref"] = $"#/properties/{setting.Name}", ["description"] = $"Another name for {setting.Name}." };
        }

        return new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "Unmask training recipe",
            ["type"] = "object",
            ["additionalProperties"] = false,
            ["properties"] = properties,
        }.ToJsonString(Format) + "\n";
    }

    private static JsonObject Property(Setting setting)
    {
        var property = new JsonObject
        {
            ["title"] = setting.Title,
            ["description"] = setting.Help,
            ["default"] = Default(setting),
            ["x-group"] = setting.Group.ToString(),
            ["x-advanced"] = setting.Advanced,
        };
        if (setting.Condition is { } condition) property["x-only"] = condition;
        if (setting.IsPath) property["x-path"] = true;

        string type = setting.Type switch
        {
            SettingType.Boolean => "boolean",
            SettingType.Integer => "integer",
            SettingType.Number => "number",
            SettingType.TextList => "array",
            SettingType.Map => "object",
            _ => "string",
        };
        property["type"] = setting.Optional ? new JsonArray(type, "null") : type;
        if (setting.Type == SettingType.TextList)
        {
            // A single text stands for a list of one.
            property["type"] = new JsonArray("array", "string");
            property["items"] = new JsonObject { ["type"] = "string" };
        }

        if (setting.Type == SettingType.Map) property["additionalProperties"] = new JsonObject { ["type"] = new JsonArray("string", "number", "boolean", "null") };
        if (setting.Choices.Count > 0) property["enum"] = new JsonArray([.. setting.Choices.Select(choice => (JsonNode)choice), .. setting.Optional ? [null] : Array.Empty<JsonNode?>()]);
        if (setting.Pattern is { } pattern) property["pattern"] = $"^(?:{pattern})$";
        if (setting.OnlyFor != SettingScope.Always) return WithoutBounds(setting, property);
        if (setting.Minimum is { } low) property[setting.ExclusiveBounds ? "exclusiveMinimum" : "minimum"] = low;
        if (setting.Maximum is { } high) property[setting.ExclusiveBounds ? "exclusiveMaximum" : "maximum"] = high;
        if (setting.MultipleOf is { } unit) property["multipleOf"] = unit;
        if (setting.StepsOrFraction)
        {
            property["anyOf"] = new JsonArray(
                new JsonObject { ["exclusiveMinimum"] = 0, ["exclusiveMaximum"] = 1 },
                new JsonObject { ["minimum"] = 1, ["multipleOf"] = 1 });
        }

        return property;
    }

    /// <summary>Bounds that count only under a condition cannot block by themselves; a form still shows them.</summary>
    private static JsonObject WithoutBounds(Setting setting, JsonObject property)
    {
        if (setting.Minimum is { } low) property["x-minimum"] = low;
        if (setting.Maximum is { } high) property["x-maximum"] = high;
        if (setting.MultipleOf is { } unit) property["x-multiple-of"] = unit;
        return property;
    }

    private static JsonNode? Default(Setting setting) => setting.Default switch
    {
        null => null,
        bool truth => truth,
        int whole => whole,
        long whole => whole,
        double number => number,
        TextList list => new JsonArray([.. list.Select(item => (JsonNode)item)]),
        ValueMap map => new JsonObject(map.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)JsonValue.Create(Convert.ToString(pair.Value, CultureInfo.InvariantCulture))))),
        object value => setting.Shown(value),
    };
}
