using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace Unmask.Engine.Data.Tables;

/// <summary>Cells of binary tables as JSON.</summary>
internal static class CellValue
{
    /// <summary>A cell as JSON: a number, truth value, text or bytes.</summary>
    public static JsonNode? Of(object? cell) => cell switch
    {
        null => null,
        string text => JsonValue.Create(text),
        bool or sbyte or byte or short or ushort or int or uint or long or ulong or decimal => JsonValue.Create(JsonSerializer.SerializeToElement(cell)),
        double number => Number(number),
        float number => double.IsFinite(number) ? JsonValue.Create(JsonSerializer.SerializeToElement(number)) : Number(number),
        byte[] bytes => JsonValue.Create(TextOf(bytes)),
        _ => throw new ArgumentException($"A cell is a {cell.GetType()}.", nameof(cell)),
    };

    /// <summary>Bytes that a file calls a text.</summary>
    /// <exception cref="InvalidTextException">They are none.</exception>
    public static string Text(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : throw new InvalidTextException();

    /// <summary>Bytes as a text if they are UTF-8, as base64 otherwise.</summary>
    public static string TextOf(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : Convert.ToBase64String(bytes);

    /// <summary>JSON has no infinity and no NaN; in tables NaN stands for a missing value.</summary>
    private static JsonNode? Number(double number) =>
        double.IsFinite(number) ? JsonValue.Create(JsonSerializer.SerializeToElement(number))
        : double.IsNaN(number) ? null
        : JsonValue.Create(number > 0 ? "Infinity" : "-Infinity");
}
