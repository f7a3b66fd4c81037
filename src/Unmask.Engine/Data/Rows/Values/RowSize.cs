using System.Text.Json;
using System.Text.Json.Nodes;

namespace Unmask.Engine.Data.Rows.Values;

/// <summary>About how much memory rows take.</summary>
internal static class RowSize
{
    private const int Node = 64;

    /// <summary>A number keeps its digits as they were written, in a document of its own.</summary>
    private const int Number = 160;

    public static long Of(Row row)
    {
        var size = 0L;
        foreach (var value in row.Values.Values) size += Node + Of(value);
        return size;
    }

    public static long Of(JsonNode? node)
    {
        switch (node)
        {
            case JsonArray list:
                var items = 0L;
                foreach (var item in list) items += Node + Of(item);
                return items;
            case JsonObject members:
                var all = 0L;
                foreach (var (name, value) in members) all += Node + (2 * name.Length) + Of(value);
                return all;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                return 2L * value.ToString().Length;
            default:
                return node is null ? 0 : Number;
        }
    }
}
