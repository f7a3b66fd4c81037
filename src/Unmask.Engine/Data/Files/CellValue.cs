using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace Unmask.Engine.Data.Files;

/// <summary>Cells of binary tables as JSON.</summary>
internal static class CellValue
{
    /// <summary>A cell as JSON: numbers, truth values, texts, lists, structs. Dates become ISO 8601 texts, bytes a text if they are UTF-8 and base64 otherwise.</summary>
    public static JsonNode? Of(object? cell) => cell switch
    {
        null => null,
        string text => JsonValue.Create(text),
        bool or sbyte or byte or short or ushort or int or uint or long or ulong or decimal => JsonValue.Create(JsonSerializer.SerializeToElement(cell)),
        double number => Number(number),
        float number => double.IsFinite(number) ? JsonValue.Create(JsonSerializer.SerializeToElement(number)) : Number(number),
        DateTime time => JsonValue.Create(time.ToString("O", CultureInfo.InvariantCulture)),
        byte[] bytes => JsonValue.Create(Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : Convert.ToBase64String(bytes)),
        IDictionary<string, object> members => new JsonObject(members.Select(pair => KeyValuePair.Create(pair.Key, Of(pair.Value)))),
        IDictionary map => new JsonObject(map.Keys.Cast<object>().Select(key =>
            KeyValuePair.Create(Convert.ToString(key, CultureInfo.InvariantCulture)!, Of(map[key])))),
        IEnumerable list => new JsonArray([.. list.Cast<object?>().Select(Of)]),
        IFormattable other => JsonValue.Create(other.ToString(null, CultureInfo.InvariantCulture)),
        _ => JsonValue.Create(cell.ToString()),
    };

    /// <summary>JSON has no infinity and no NaN; in tables NaN stands for a missing value.</summary>
    private static JsonNode? Number(double number) =>
        double.IsFinite(number) ? JsonValue.Create(JsonSerializer.SerializeToElement(number))
        : double.IsNaN(number) ? null
        : JsonValue.Create(number > 0 ? "Infinity" : "-Infinity");
}
