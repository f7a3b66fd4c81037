using System.Text.Json;
using System.Text.Json.Nodes;

namespace Unmask.Engine.Data.Rows;

/// <summary>Reading typed values out of a row.</summary>
internal static class RowValues
{
    /// <summary>The row's name of a column: as asked for, else the same but for case; null when there is none.</summary>
    public static string? FindColumn(IEnumerable<string> columns, string name)
    {
        string? similar = null;
        foreach (var column in columns)
        {
            if (column == name) return column;
            if (similar is null && string.Equals(column, name, StringComparison.OrdinalIgnoreCase)) similar = column;
        }

        return similar;
    }

    public static JsonNode? Get(Row row, string name) => FindColumn(row.Values.Keys, name) is { } column ? row.Values[column] : null;

    /// <summary>A text; a number counts as its digits, everything else is a fault.</summary>
    public static string Text(JsonNode? node, string name) => node switch
    {
        null => throw new RowFault($"'{name}' is missing or null."),
        JsonValue value when value.GetValueKind() is JsonValueKind.String => value.ToString(),
        JsonValue value when value.GetValueKind() is JsonValueKind.Number => value.ToJsonString(),
        _ => throw new RowFault($"'{name}' must be a text, but is {KindName(node)}."),
    };

    /// <summary>An answer: a text with something in it, for a row without one teaches nothing.</summary>
    public static string Response(JsonNode? node, string name)
    {
        var text = Text(node, name);
        if (string.IsNullOrWhiteSpace(text)) throw new RowFault($"'{name}' is empty, so there is no answer to learn.");
        return text;
    }

    public static string KindName(JsonNode? node) => node?.GetValueKind() switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        _ => "null",
    };
}
