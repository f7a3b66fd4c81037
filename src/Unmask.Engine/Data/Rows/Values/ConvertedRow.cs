using System.Text.Json.Nodes;
using Unmask.Text.ChatTemplates;

namespace Unmask.Engine.Data.Rows.Values;

/// <summary>What a row turned out to be: a conversation, a plain text, an answer that is not to be learned, or a problem.</summary>
/// <param name="Rule">The rule it was read by, for counting.</param>
public sealed record ConvertedRow(string Rule)
{
    /// <summary>The conversation, ending with the assistant's answer; null for plain text.</summary>
    public IReadOnlyList<Message>? Messages { get; init; }

    /// <summary>What the row gives the chat template beside its messages (<c>tools</c>, <c>documents</c> ...); null for nothing.</summary>
    public IReadOnlyDictionary<string, JsonNode?>? Context { get; init; }

    /// <summary>Columns named as what a template reads (<c>tools</c>) that hold a text about something else, and are not given to it; null for none.</summary>
    public IReadOnlyList<string>? NotGiven { get; init; }

    /// <summary>Plain text without a prompt; null for a conversation.</summary>
    public string? Text { get; init; }

    /// <summary>Why the row is whole and yet not to be learned, a sentence without its place; null where it is to be learned.</summary>
    public string? LeftOut { get; init; }

    /// <summary>Why the row cannot be trained on, a sentence without its place; null when it can.</summary>
    public string? Problem { get; init; }
}
