using System.Text.Json.Nodes;
using Unmask.Text.ChatTemplates.Jinja;

namespace Unmask.Text.ChatTemplates;

/// <summary>One turn of a conversation, as chat templates see it.</summary>
/// <param name="Role">Who speaks: <c>system</c>, <c>user</c>, <c>assistant</c> or <c>tool</c>; other names are kept as they are.</param>
/// <param name="Content">The text of the turn, exactly as given.</param>
public sealed record Message(string Role, string Content)
{
    public const string System = "system";

    public const string User = "user";

    public const string Assistant = "assistant";

    public const string Tool = "tool";

    /// <summary>
    /// Further keys of the message that templates may read (<c>tool_calls</c>, <c>name</c>, <c>reasoning_content</c> ...);
    /// null when there are none. A key <c>role</c> or <c>content</c> here is what the template sees instead (a list of parts, say).
    /// </summary>
    public IReadOnlyDictionary<string, JsonNode?>? Extra { get; init; }

    /// <summary>False where the message was given without a key <c>content</c> (an answer that only calls tools); <see cref="Content"/> is empty then.</summary>
    public bool HasContent { get; init; } = true;

    /// <summary>The content as the list of text parts that it was given as; null where it was given as a text. <see cref="Content"/> is their text.</summary>
    public IReadOnlyList<string>? Parts { get; init; }

    /// <summary>The mapping that a template reads: <c>role</c>, <c>content</c> and the further keys.</summary>
    public TemplateValue ToTemplateValue()
    {
        var entries = new List<KeyValuePair<string, TemplateValue>> { new("role", Role) };
        if (HasContent) entries.Add(new("content", Content));
        if (Extra is not null) entries.AddRange(Extra.Select(entry => KeyValuePair.Create(entry.Key, TemplateValue.From(entry.Value))));
        return TemplateValue.Mapping(entries);
    }
}
