using System.Text;
using System.Text.Json;
using Unmask.Core.Events;
using Unmask.Core.Protocol;

namespace Unmask.Core.Chats;

/// <summary>Conversations as rows to train on: JSON Lines with one column <c>messages</c>, a list of role and content.</summary>
public static class ConversationExport
{
    private sealed record Row(IReadOnlyList<ChatTurn> Messages);

    /// <summary>One row for each model of each conversation that has an answer of it; questions without a whole answer, and texts with gaps, are left out.</summary>
    /// <exception cref="UserError">There is no such row.</exception>
    public static string ToJsonLines(IEnumerable<Conversation> conversations)
    {
        var text = new StringBuilder();
        foreach (var conversation in conversations)
        {
            for (var side = 0; side < conversation.Parties.Count; side++)
            {
                var turns = conversation.TurnsOf(side);
                if (turns.Any(turn => turn.Role == "assistant")) text.Append(JsonSerializer.Serialize(new Row(turns), EventFormat.Options)).Append('\n');
            }
        }

        return text.Length > 0 ? text.ToString() : throw new UserError("There is nothing to export: no question of a conversation has a whole answer yet.");
    }
}
