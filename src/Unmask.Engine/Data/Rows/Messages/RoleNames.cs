using Unmask.Text.ChatTemplates;

namespace Unmask.Engine.Data.Rows.Messages;

/// <summary>
/// What the roles of messages mean: those of OpenAI's form, those of ShareGPT's as LLaMA-Factory and other trainers document them, and those that setting <c>role_mapping</c> adds.
/// Case and white space round a name do not matter.
/// </summary>
/// <param name="mapping">Further names and what they stand for; they go before the known ones.</param>
public sealed class RoleNames(IReadOnlyDictionary<string, string>? mapping = null)
{
    private static readonly Dictionary<string, string> _known = new(StringComparer.OrdinalIgnoreCase)
    {
        ["system"] = Message.System,
        ["developer"] = Message.System,
        ["user"] = Message.User,
        ["human"] = Message.User,
        ["prompter"] = Message.User,
        ["input"] = Message.User,
        ["assistant"] = Message.Assistant,
        ["gpt"] = Message.Assistant,
        ["model"] = Message.Assistant,
        ["bot"] = Message.Assistant,
        ["chatbot"] = Message.Assistant,
        ["chatgpt"] = Message.Assistant,
        ["ai"] = Message.Assistant,
        ["output"] = Message.Assistant,
        // What an assistant says to call a tool is its own turn.
        ["function_call"] = Message.Assistant,
        ["tool_call"] = Message.Assistant,
        ["tool_calls"] = Message.Assistant,
        ["tool"] = Message.Tool,
        ["observation"] = Message.Tool,
        ["tool_response"] = Message.Tool,
        ["tool_result"] = Message.Tool,
        ["tool_output"] = Message.Tool,
        ["function_response"] = Message.Tool,
        ["ipython"] = Message.Tool,
        ["environment"] = Message.Tool,
        ["function"] = "function",
    };

    private readonly Dictionary<string, string> _added = new(mapping?.Select(pair => KeyValuePair.Create(pair.Key.Trim(), pair.Value.Trim())) ?? [], StringComparer.OrdinalIgnoreCase);

    /// <summary>The known names, for a sentence.</summary>
    public static string Known => string.Join(", ", _known.Keys);

    /// <summary>The role as templates call it; null for an unknown one.</summary>
    public string? Find(string name) => _added.GetValueOrDefault(name.Trim()) ?? _known.GetValueOrDefault(name.Trim());
}
