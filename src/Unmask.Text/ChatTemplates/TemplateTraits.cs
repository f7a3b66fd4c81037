using System.Text.Json.Nodes;
using Unmask.Text.ChatTemplates.Jinja;

namespace Unmask.Text.ChatTemplates;

/// <summary>
/// The forms of a conversation that a template can read, found by trying: whether content may or must be a list of parts, whether the arguments of a tool call are a
/// mapping or JSON text, whether a tool's description is wrapped in <c>{"type": "function", "function": ...}</c>. What a template reads in any form stays as it was given.
/// </summary>
/// <param name="template">The template.</param>
/// <param name="variables">What it is given besides the conversation.</param>
internal sealed class TemplateTraits(ChatTemplate template, IReadOnlyDictionary<string, TemplateValue> variables)
{
    private const string Needle = "needle8c1f";

    private static readonly Template _json = Template.Parse("{{ value | tojson }}");

    private readonly Lazy<(bool Takes, bool Wants)> _parts = new(() => Parts(template, variables));
    private readonly Lazy<(bool Text, bool Mapping)> _arguments = new(() => Arguments(template, variables));
    private readonly Lazy<(bool Bare, bool Wrapped)> _tools = new(() => Tools(template, variables));

    /// <summary>The message in the form that the template reads.</summary>
    public Message Adapt(Message message)
    {
        var parts = message.Parts is not null ? _parts.Value.Takes : message.Content.Length > 0 && _parts.Value.Wants;
        var calls = message.Extra is { } given && (given.ContainsKey("tool_calls") || given.ContainsKey("function_call"));
        if (!parts && !calls) return message;
        var extra = message.Extra?.ToDictionary(StringComparer.Ordinal) ?? [];
        if (parts && !extra.ContainsKey("content")) extra["content"] = new JsonArray([.. (message.Parts ?? [message.Content]).Select(Part)]);
        foreach (var name in (string[])["tool_calls", "function_call"])
        {
            if (extra.GetValueOrDefault(name) is { } called) extra[name] = Adapted(called);
        }

        return message with { Extra = extra };
    }

    /// <summary>Descriptions of tools in the form that the template reads.</summary>
    public JsonArray AdaptTools(JsonArray tools)
    {
        static bool Wrapped(JsonNode? tool) => tool is JsonObject fields && fields["function"] is JsonObject;
        static bool Bare(JsonNode? tool) => tool is JsonObject fields && !fields.ContainsKey("function") && fields.ContainsKey("name");
        if (tools.Any(Bare) && _tools.Value is { Bare: false, Wrapped: true }) return [.. tools.Select(tool => Bare(tool) ? Wrap(tool) : tool?.DeepClone())];
        if (tools.Any(Wrapped) && _tools.Value is { Bare: true, Wrapped: false }) return [.. tools.Select(tool => Wrapped(tool) ? tool!["function"]!.DeepClone() : tool?.DeepClone())];
        return tools;
    }

    /// <summary>A tool's description as <c>tools</c> has it.</summary>
    public static JsonObject Wrap(JsonNode? function) => new() { ["type"] = "function", ["function"] = function?.DeepClone() };

    /// <summary>A JSON value as Python's <c>json.dumps</c> writes it.</summary>
    /// <exception cref="UserError">It is nested too deeply.</exception>
    public static string Json(JsonNode? value)
    {
        try
        {
            return _json.Render([KeyValuePair.Create("value", TemplateValue.From(value))]);
        }
        catch (TemplateFault fault)
        {
            throw new UserError($"{char.ToUpperInvariant(fault.Message[0])}{fault.Message[1..]}.");
        }
    }

    private JsonNode? Adapted(JsonNode called)
    {
        if (called is JsonArray list) return new JsonArray([.. list.Select(call => call is null ? null : Adapted(call))]);
        if (called is not JsonObject fields) return called.DeepClone();
        var adapted = (JsonObject)fields.DeepClone();
        if (adapted["function"] is JsonObject function) AdaptArguments(function);
        else AdaptArguments(adapted);
        return adapted;
    }

    private void AdaptArguments(JsonObject function)
    {
        var arguments = function["arguments"];
        if (arguments is JsonObject mapping && _arguments.Value is { Text: true, Mapping: false }) function["arguments"] = Json(mapping);
        if (arguments is JsonValue value && value.TryGetValue(out string? text) && _arguments.Value is { Text: false, Mapping: true } && ObjectOf(text) is { } read) function["arguments"] = read;
    }

    private static JsonObject? ObjectOf(string text)
    {
        try
        {
            return JsonInput.Parse(text) as JsonObject;
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    private static JsonObject Part(string text) => new() { ["type"] = "text", ["text"] = text };

    private static (bool Takes, bool Wants) Parts(ChatTemplate template, IReadOnlyDictionary<string, TemplateValue> variables)
    {
        var text = Try(template, variables, [new Message(Message.User, Needle)]);
        var parts = Try(template, variables, [new Message(Message.User, Needle) { Extra = new Dictionary<string, JsonNode?> { ["content"] = new JsonArray(Part(Needle + "a"), Part(Needle + "b")) } }]);
        // A template for texts that is given a list may write it out, brackets and all.
        var takes = parts is not null && Has(parts, Needle + "a") && Has(parts, Needle + "b") && !Has(parts, "'type'") && !Has(parts, "\"type\"");
        return (takes, takes && text is not null && !Has(text, Needle));
    }

    private static (bool Text, bool Mapping) Arguments(ChatTemplate template, IReadOnlyDictionary<string, TemplateValue> variables)
    {
        string? Call(JsonNode arguments, bool contentIsNull)
        {
            // Some templates ask for an id of nine letters.
            var call = new JsonObject { ["id"] = "call8c1f0", ["type"] = "function", ["function"] = new JsonObject { ["name"] = "probe", ["arguments"] = arguments } };
            var extra = new Dictionary<string, JsonNode?> { ["tool_calls"] = new JsonArray(call) };
            if (contentIsNull) extra["content"] = null;
            return Try(template, variables, [new Message(Message.User, "question"), new Message(Message.Assistant, "") { Extra = extra }]);
        }

        JsonObject Mapping() => new() { [Needle] = "value" };
        var text = Call(Json(Mapping()), contentIsNull: false) ?? Call(Json(Mapping()), contentIsNull: true);
        var mapping = Call(Mapping(), contentIsNull: false) ?? Call(Mapping(), contentIsNull: true);
        var textIsRead = text is not null && Has(text, $"\"{Needle}\":");
        // JSON text that is written as JSON once more has its quotes escaped; a mapping that is written as it is has Python's quotes.
        return (textIsRead, mapping is not null && Has(mapping, Needle) && !(textIsRead && Has(mapping, $"'{Needle}'")));
    }

    private static (bool Bare, bool Wrapped) Tools(ChatTemplate template, IReadOnlyDictionary<string, TemplateValue> variables)
    {
        bool Written(JsonObject tool)
        {
            var given = new Dictionary<string, TemplateValue>(variables, StringComparer.Ordinal) { ["tools"] = TemplateValue.From(new JsonArray(tool)) };
            return Try(template, given, [new Message(Message.User, "question")]) is { } text && Has(text, Needle);
        }

        JsonObject Tool() => new() { ["name"] = Needle, ["description"] = "probe", ["parameters"] = new JsonObject { ["type"] = "object", ["properties"] = new JsonObject() } };
        return (Written(Tool()), Written(Wrap(Tool())));
    }

    private static bool Has(string text, string part) => text.Contains(part, StringComparison.Ordinal);

    /// <summary>What the template writes; null where it refuses.</summary>
    private static string? Try(ChatTemplate template, IReadOnlyDictionary<string, TemplateValue> variables, IReadOnlyList<Message> messages)
    {
        try
        {
            return template.Render(messages, addGenerationPrompt: false, variables);
        }
        catch (UserError)
        {
            return null;
        }
    }
}
