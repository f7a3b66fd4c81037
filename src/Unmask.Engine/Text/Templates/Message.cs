using System.Text.Json.Nodes;

namespace Unmask.Engine.Text.Templates;

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
    /// null when there are none.
    /// </summary>
    public IReadOnlyDictionary<string, JsonNode?>? Extra { get; init; }
}
