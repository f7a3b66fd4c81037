using System.Text.Json.Nodes;
using Unmask.Engine.Data.Rows.Values;
using Unmask.Text.ChatTemplates;

namespace Unmask.Engine.Data.Rows.Messages;

/// <summary>What a message says: a text, or a list of parts, all of text. What a tool returned may be any JSON value.</summary>
internal static class MessageContent
{
    /// <exception cref="RowFault">It is something else.</exception>
    public static Message Put(Message message, JsonNode content, string place)
    {
        if (message.Role is Message.Tool or "function" && content is JsonObject or JsonArray && !IsParts(content))
        {
            var extra = message.Extra?.ToDictionary(StringComparer.Ordinal) ?? [];
            extra["content"] = content;
            return message with { Content = Json(content, place), Extra = extra };
        }

        if (content is JsonObject single && IsPart(single)) content = new JsonArray(single.DeepClone());
        if (content is not JsonArray list) return message with { Content = RowValues.Text(content, place) };
        List<string> parts = [.. list.Select((part, i) => Part(part, $"{place}[{i}]"))];
        return message with { Content = string.Concat(parts), Parts = parts };
    }

    private static string Json(JsonNode content, string place)
    {
        try
        {
            return TemplateTraits.Json(content);
        }
        catch (UserError fault)
        {
            throw new RowFault($"{place} cannot be read: {fault.Message}");
        }
    }

    private static bool IsPart(JsonNode? node) => node is JsonObject fields && fields.ContainsKey("text");

    private static bool IsParts(JsonNode content) => content is JsonArray list ? list.All(item => item is JsonValue || IsPart(item)) : IsPart(content);

    private static string Part(JsonNode? part, string place)
    {
        if (part is JsonValue) return RowValues.Text(part, place);
        if (part is not JsonObject fields) throw new RowFault($"{place} must be a part with 'type' and 'text', but is {RowValues.KindName(part)}.");
        var type = CellJson.TextOf(fields["type"]) ?? "text";
        if (type is not ("text" or "input_text" or "output_text")) throw new RowFault($"{place} is of the type '{type}'; only text can be trained on.");
        return RowValues.Text(fields["text"], $"{place}.text");
    }
}
