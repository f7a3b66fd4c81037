using System.Text.Json.Nodes;

namespace Unmask.Engine.Data.Rows;

/// <summary>
/// In Parquet and Arrow files every object of a column has the members of all objects there, null where it had none: the description of a tool would have the parameters of all tools. What is given
/// to a chat template is given without them, as TRL does it.
/// </summary>
internal static class ColumnarNulls
{
    private static readonly string[] _calls = ["tool_calls", "function_call"];

    public static ConvertedRow Remove(ConvertedRow row) => row with
    {
        Messages = row.Messages?.Select(message => message.Extra is { } extra && _calls.Any(extra.ContainsKey)
            ? message with { Extra = extra.ToDictionary(entry => entry.Key, entry => _calls.Contains(entry.Key) ? Without(entry.Value) : entry.Value) }
            : message).ToList(),
        Context = row.Context?.ToDictionary(entry => entry.Key, entry => Without(entry.Value)),
    };

    private static JsonNode? Without(JsonNode? node) => node switch
    {
        JsonObject fields => new JsonObject(fields.Where(field => field.Value is not null).Select(field => KeyValuePair.Create(field.Key, Without(field.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Without)]),
        _ => node?.DeepClone(),
    };
}
