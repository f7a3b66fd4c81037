using System.Text.Json;
using System.Text.Json.Nodes;
using Unmask.Core.Parameters;

namespace Unmask.Engine.Data.Rows.Values;

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

    /// <summary>Whether a cell holds anything: no null, no empty text, no empty list.</summary>
    public static bool IsFilled(JsonNode? cell) => cell switch
    {
        null => false,
        JsonArray list => list.Count > 0,
        JsonObject fields => fields.Count > 0,
        _ => CellJson.TextOf(cell) is not { } text || !string.IsNullOrWhiteSpace(text),
    };

    /// <summary>A text; a number counts as its digits, everything else is a fault.</summary>
    public static string Text(JsonNode? node, string name) => node switch
    {
        null => throw new RowFault($"'{name}' is missing or null."),
        JsonValue value when value.GetValueKind() is JsonValueKind.String => value.ToString(),
        JsonValue value when value.GetValueKind() is JsonValueKind.Number => Digits(value, name),
        _ => throw new RowFault($"'{name}' must be a text, but is {KindName(node)}."),
    };

    private static string Digits(JsonValue number, string name)
    {
        var digits = number.ToJsonString();
        return digits.Length <= JsonInput.NumberLength ? digits : throw new RowFault($"'{name}' is a number of {digits.Length} characters; at most {JsonInput.NumberLength} are read.");
    }

    /// <summary>An answer: a text with something in it, for a row without one teaches nothing.</summary>
    public static string Response(JsonNode? node, string name)
    {
        var text = Text(node, name);
        if (string.IsNullOrWhiteSpace(text)) throw new RowFault($"'{name}' is empty, so there is no answer to learn.");
        return text;
    }

    /// <summary>Names of columns, for a sentence; the first of very many.</summary>
    public static string Quote(IReadOnlyCollection<string> names)
    {
        const int most = 30;
        return string.Join(", ", names.Take(most).Select(name => $"'{name}'")) + (names.Count > most ? $" and {names.Count - most} more" : "");
    }

    /// <summary>The name that a misspelled one was meant to be, as the end of a sentence.</summary>
    public static string Hint(string misspelled, IEnumerable<string> names)
    {
        const int longest = 100, most = 1000;
        return misspelled.Length <= longest && Spelling.Nearest(misspelled, names.Where(name => name.Length <= longest).Take(most)) is { } near ? $"; did you mean {near}?" : ".";
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
