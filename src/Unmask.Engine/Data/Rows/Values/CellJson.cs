using System.Text.Json;
using System.Text.Json.Nodes;

namespace Unmask.Engine.Data.Rows.Values;

/// <summary>JSON text in a cell, as CSV files and columns of texts hold lists and objects. Everything that may be wrong with it is found when it is read.</summary>
internal static class CellJson
{
    /// <summary>The list or object that a cell holds: as it is, or as JSON text. A cell with nothing in it (also as text) gives null.</summary>
    /// <exception cref="RowFault">A text that is not valid JSON.</exception>
    public static JsonNode? Value(JsonNode? cell, string name) => TextOf(cell) is not { } text ? cell : string.IsNullOrWhiteSpace(text) ? null : Parse(text, name);

    /// <exception cref="RowFault">It is not valid JSON.</exception>
    public static JsonNode? Parse(string text, string name)
    {
        try
        {
            return JsonInput.Parse(text);
        }
        catch (JsonException fault)
        {
            throw new RowFault(IsPython(text)
                ? $"'{name}' holds a list or mapping as Python writes it (with single quotes), not as JSON; write the column with json.dumps."
                : $"'{name}' holds text that is not valid JSON: {JsonInput.ReasonAlone(fault)}.");
        }
    }

    /// <summary>Null where the text is not valid JSON.</summary>
    public static JsonNode? TryParse(string text)
    {
        try
        {
            return JsonInput.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The text of a cell; null where it holds something else.</summary>
    public static string? TextOf(JsonNode? cell) => cell is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.ToString() : null;

    /// <summary>A list or mapping written by Python's <c>str</c>, or by NumPy's, which has no commas.</summary>
    public static bool IsPython(string text)
    {
        var inner = text.AsSpan().TrimStart().TrimStart("[(");
        inner = inner.TrimStart();
        return inner.StartsWith("{'") || (inner.Length < text.AsSpan().TrimStart().Length && inner.StartsWith("'"));
    }
}
