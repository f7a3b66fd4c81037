using System.Text.Json.Nodes;

namespace Unmask.Engine.Data.Rows.Values;

/// <summary>
/// In Parquet and Arrow files every object of a column has the members of all objects there, null where it had none: the description of a tool would have the parameters of all tools. What is given
/// to a chat template is given without them, as TRL does it. JSON text in a cell says a null itself, and keeps it.
/// </summary>
internal static class ColumnarNulls
{
    private static readonly string[] _calls = ["tool_calls", "function_call"];

    /// <summary>The row with the calls of tools in its messages without those nulls.</summary>
    public static Row WithoutInCalls(Row row) => row.Values.Values.Any(HasCalls)
        ? row with { Values = new OrderedDictionary<string, JsonNode?>(row.Values.Select(cell => KeyValuePair.Create(cell.Key, HasCalls(cell.Value) ? WithoutInCalls(cell.Value!) : cell.Value))) }
        : row;

    public static JsonNode? Without(JsonNode? node) => node switch
    {
        JsonObject fields => new JsonObject(fields.Where(field => field.Value is not null).Select(field => KeyValuePair.Create(field.Key, Without(field.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Without)]),
        _ => node?.DeepClone(),
    };

    private static bool HasCalls(JsonNode? cell) => cell switch
    {
        JsonArray list => list.Any(item => item is JsonObject && HasCalls(item)),
        JsonObject message => _calls.Any(name => message[name] is not null),
        _ => false,
    };

    private static JsonNode WithoutInCalls(JsonNode cell) => cell is JsonArray list
        ? new JsonArray([.. list.Select(item => item is JsonObject message ? WithoutInCalls(message) : item?.DeepClone())])
        : new JsonObject(cell.AsObject().Select(field => KeyValuePair.Create(field.Key, _calls.Contains(field.Key) ? Without(field.Value) : field.Value?.DeepClone())));
}
