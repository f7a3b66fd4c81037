using Unmask.Engine.Text.Templates;

namespace Unmask.Engine.Data.Rows;

/// <summary>What a row turned out to be: a conversation, a plain text, or a problem.</summary>
/// <param name="Rule">The rule it was read by, for counting.</param>
public sealed record ConvertedRow(string Rule)
{
    /// <summary>The conversation, ending with the assistant's answer; null for plain text.</summary>
    public IReadOnlyList<Message>? Messages { get; init; }

    /// <summary>Plain text without a prompt; null for a conversation.</summary>
    public string? Text { get; init; }

    /// <summary>Why the row cannot be trained on, a sentence without its place; null when it can.</summary>
    public string? Problem { get; init; }
}
