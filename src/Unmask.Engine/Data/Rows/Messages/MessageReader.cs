using System.Text.Json.Nodes;
using Unmask.Engine.Data.Rows.Values;
using Unmask.Text.ChatTemplates;

namespace Unmask.Engine.Data.Rows.Messages;

/// <summary>
/// Lists of messages, in OpenAI's form (<c>role</c>, <c>content</c>) or ShareGPT's (<c>from</c>, <c>value</c>), each message by what it holds: files of several sources give every message the
/// keys of all of them, the others being null. A text that holds such a list as JSON (a CSV cell) is read too.
/// </summary>
internal sealed class MessageReader(RoleNames roles)
{
    /// <summary>Keys that say nothing by themselves: a message with these alone and no content is empty.</summary>
    private static readonly string[] _labels = ["name", "id", "weight", "train", "loss", "tool_call_id"];

    private static readonly string[] _saying = ["content", "value", "tool_calls", "function_call"];

    /// <summary>Whether a cell is meant as a list of messages; everything else that may stand there is a text.</summary>
    /// <exception cref="RowFault">It is meant as one, but is not valid JSON.</exception>
    public static bool IsList(JsonNode? node, string column)
    {
        if (node is JsonArray list) return list.Count == 0 || list.Any(item => item is JsonObject);
        if (node is JsonObject fields) return IsMessage(fields);
        return CellJson.TextOf(node) is { } text && IsWritten(text) && (CellJson.TryParse(text) is { } read ? IsMessages(read) : Meant(text, column));
    }

    /// <exception cref="RowFault">It is no such list.</exception>
    public List<Message> Read(JsonNode? node, string column)
    {
        if (CellJson.TextOf(node) is { } text)
        {
            if (text.AsSpan().TrimStart() is not ['[' or '{', ..]) throw new RowFault($"'{column}' must be a list of messages, but is a text.");
            node = CellJson.Parse(text, column);
        }

        if (node is JsonObject single && IsMessage(single)) return [ReadMessage(single, column)];
        if (node is not JsonArray list) throw new RowFault($"'{column}' must be a list of messages, but is {RowValues.KindName(node)}.");
        var messages = new List<Message>(list.Count);
        for (var i = 0; i < list.Count; i++) messages.Add(ReadMessage(list[i], $"{column}[{i}]"));
        return messages;
    }

    /// <summary>Whether a message has anything that could be learned or answered.</summary>
    public static bool SaysSomething(Message message) =>
        !string.IsNullOrWhiteSpace(message.Content) || message.Extra?.Any(entry => !_labels.Contains(entry.Key) && !IsEmpty(entry.Value)) == true;

    private static bool IsMessage(JsonObject fields) => fields["role"] is not null || fields["from"] is not null;

    private static bool IsMessages(JsonNode read) => (read is JsonArray { Count: > 0 } list && list.All(IsWhole)) || IsWhole(read);

    /// <summary>Other texts may be JSON, too: a message has a role and something that it says.</summary>
    private static bool IsWhole(JsonNode? node) =>
        node is JsonObject fields && ((fields["role"] is not null && _saying.Any(fields.ContainsKey)) || (fields["from"] is not null && (fields.ContainsKey("value") || fields.ContainsKey("content"))));

    /// <summary>The text begins and ends as a list of objects, or an object, with the keys of messages: of JSON, or of Python.</summary>
    private static bool IsWritten(string text)
    {
        var whole = text.AsSpan().Trim();
        if (whole.Length < 2 || !((whole[0] == '[' && whole[^1] == ']' && whole[1..].TrimStart().StartsWith("{")) || (whole[0] == '{' && whole[^1] == '}'))) return false;
        bool Has(char quote, string key) => text.Contains($"{quote}{key}{quote}", StringComparison.Ordinal);
        return "\"'".Any(quote => (Has(quote, "role") && _saying.Any(key => Has(quote, key))) || (Has(quote, "from") && (Has(quote, "value") || Has(quote, "content"))));
    }

    /// <summary>A list of messages that cannot be read must not be learned as a text.</summary>
    private static bool Meant(string text, string column) => CellJson.Parse(text, column) is not null;

    private Message ReadMessage(JsonNode? node, string place)
    {
        if (node is not JsonObject fields) throw new RowFault($"{place} must be an object with 'role' and 'content', but is {RowValues.KindName(node)}.");
        var roleKey = Array.Find(["role", "from"], key => fields[key] is not null) ?? Array.Find(["role", "from"], fields.ContainsKey);
        if (roleKey is null) throw new RowFault($"{place} has neither 'role' nor 'from'; it has {string.Join(", ", fields.Select(field => $"'{field.Key}'"))}.");
        string[] contentKeys = roleKey == "role" ? ["content", "value"] : ["value", "content"];
        var contentKey = Array.Find(contentKeys, key => fields[key] is not null) ?? Array.Find(contentKeys, fields.ContainsKey);
        var name = RowValues.Text(fields[roleKey], $"{place}.{roleKey}").Trim();
        var role = roles.Find(name) ?? throw new RowFault($"{place} is of the unknown role '{name}'; known are {RoleNames.Known}. Map it with role_mapping, such as role_mapping: {{{name}: user}}.");

        var extra = Further(fields, roleKey, contentKey, place);
        var message = new Message(role, "") { Extra = extra.Count == 0 ? null : extra };
        if (contentKey is not null && fields[contentKey] is { } content) return MessageContent.Put(message, content, $"{place}.{contentKey}");
        if (role != Message.Assistant || !SaysSomething(message)) throw new RowFault($"'{place}.{contentKey ?? contentKeys[0]}' is missing or null.");
        if (contentKey is null) return message with { HasContent = false };
        // A template may ask whether the content is none.
        extra["content"] = null;
        return message with { Extra = extra };
    }

    /// <summary>The further keys. Columnar files give every message every key; a null means that it is not there.</summary>
    private static Dictionary<string, JsonNode?> Further(JsonObject fields, string roleKey, string? contentKey, string place)
    {
        var extra = new Dictionary<string, JsonNode?>(StringComparer.Ordinal);
        foreach (var (key, item) in fields)
        {
            if (key == roleKey || key == contentKey || item is null) continue;
            var value = key is "tool_calls" or "function_call" ? CellJson.Value(item, $"{place}.{key}") : item;
            if (key == "tool_calls" && value is JsonObject one) value = new JsonArray(one.DeepClone());
            if (value is null || (key == "tool_calls" && value is JsonArray { Count: 0 })) continue;
            extra[key] = value;
        }

        return extra;
    }

    private static bool IsEmpty(JsonNode? value) => value switch
    {
        null => true,
        JsonArray list => list.Count == 0,
        JsonObject fields => fields.Count == 0,
        _ => CellJson.TextOf(value) is { } text && string.IsNullOrWhiteSpace(text),
    };
}
