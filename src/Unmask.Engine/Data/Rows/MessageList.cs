using System.Text.Json;
using System.Text.Json.Nodes;
using Unmask.Engine.Text.Templates;

namespace Unmask.Engine.Data.Rows;

/// <summary>
/// A list of messages, in OpenAI's form (<c>role</c>, <c>content</c>) or ShareGPT's (<c>from</c>, <c>value</c>). A list of content parts is joined where
/// all of them are text. A text that holds such a list as JSON (a CSV cell) is read too.
/// </summary>
internal static class MessageList
{
    private static readonly Dictionary<string, string> _roles = new(StringComparer.OrdinalIgnoreCase)
    {
        ["system"] = Message.System,
        ["developer"] = Message.System,
        ["user"] = Message.User,
        ["human"] = Message.User,
        ["assistant"] = Message.Assistant,
        ["gpt"] = Message.Assistant,
        ["model"] = Message.Assistant,
        ["bot"] = Message.Assistant,
        ["chatgpt"] = Message.Assistant,
        ["tool"] = Message.Tool,
        ["function"] = "function",
        ["observation"] = Message.Tool,
    };

    public static bool IsList(JsonNode? node) => node is JsonArray || (node is JsonValue value && value.TryGetValue(out string? text) && text.TrimStart().StartsWith('[') && Parse(text) is not null);

    /// <exception cref="RowFault">It is no such list.</exception>
    public static List<Message> Read(JsonNode? node, string column)
    {
        if (node is JsonValue value && value.TryGetValue(out string? text)) node = Parse(text) ?? throw new RowFault($"'{column}' must be a list of messages, but is a text.");
        if (node is not JsonArray list) throw new RowFault($"'{column}' must be a list of messages, but is {RowValues.KindName(node)}.");
        var messages = new List<Message>(list.Count);
        for (var i = 0; i < list.Count; i++) messages.Add(ReadMessage(list[i], $"{column}[{i}]"));
        return messages;
    }

    private static Message ReadMessage(JsonNode? node, string place)
    {
        if (node is not JsonObject fields) throw new RowFault($"{place} must be an object with 'role' and 'content', but is {RowValues.KindName(node)}.");
        var (roleKey, contentKey) = fields.ContainsKey("role") ? ("role", "content") : ("from", "value");
        if (roleKey == "from" && !fields.ContainsKey("from")) throw new RowFault($"{place} has neither 'role' nor 'from'; it has {string.Join(", ", fields.Select(field => $"'{field.Key}'"))}.");
        if (!fields.ContainsKey(contentKey)) contentKey = contentKey == "content" ? "value" : "content";
        var name = RowValues.Text(fields[roleKey], $"{place}.{roleKey}").Trim();
        if (!_roles.TryGetValue(name, out var role)) throw new RowFault($"{place} is of the unknown role '{name}'; known are {string.Join(", ", _roles.Keys)}.");

        Dictionary<string, JsonNode?>? extra = null;
        foreach (var (key, item) in fields)
        {
            // Columnar files give every message every key; a null means that it is not there.
            if (key != roleKey && key != contentKey && item is not null) (extra ??= new(StringComparer.Ordinal))[key] = item;
        }

        var mayBeEmpty = extra?.ContainsKey("tool_calls") == true;
        var content = fields[contentKey];
        return new Message(role, content is null && mayBeEmpty ? "" : Content(content, $"{place}.{contentKey}")) { Extra = extra };
    }

    private static string Content(JsonNode? node, string place)
    {
        if (node is not JsonArray parts) return RowValues.Text(node, place);
        return string.Concat(parts.Select((part, i) =>
        {
            if (part is JsonValue) return RowValues.Text(part, $"{place}[{i}]");
            if (part is not JsonObject fields) throw new RowFault($"{place}[{i}] must be a part with 'type' and 'text', but is {RowValues.KindName(part)}.");
            var type = fields["type"]?.ToString() ?? "text";
            if (type is not ("text" or "input_text" or "output_text")) throw new RowFault($"{place}[{i}] is of the type '{type}'; only text can be trained on.");
            return RowValues.Text(fields["text"], $"{place}[{i}].text");
        }));
    }

    private static JsonArray? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonArray;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
