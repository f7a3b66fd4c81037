using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Unmask.Core.Chats;
using Unmask.Web.Chat;

namespace Unmask.Web.Api;

/// <summary>Conversations that are kept: list, read, ask, rename, delete, export.</summary>
internal static class ConversationsApi
{
    private const string JsonLines = "application/jsonl";

    /// <summary>Changes of a conversation.</summary>
    private sealed record ConversationChange(string Name);

    public static void MapConversations(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/chats").WithTags("Conversations");
        group.MapGet("", (ConversationStore store) => store.All).WithSummary("All conversations, last changed first.");
        group.MapGet("/messages.jsonl", (ConversationStore store) =>
            Results.Text(ConversationExport.ToJsonLines(store.All.Where(glance => glance.Problem is null).Select(glance => store.Find(glance.Id)).OfType<Conversation>()), JsonLines))
            .WithSummary("All conversations as rows to train on: JSON Lines with a column 'messages'.");
        group.MapGet("/{id}", (string id, ConversationStore store) => store.Find(id) is { } found ? Results.Ok(found) : Results.NotFound())
            .WithSummary("One conversation, with every answer's canvas.").Produces<Conversation>();
        group.MapGet("/{id}/messages.jsonl", (string id, ConversationStore store) => store.Find(id) is { } found
            ? Results.Text(ConversationExport.ToJsonLines([found]), JsonLines)
            : Results.NotFound()).WithSummary("One conversation as rows to train on, one for each model that answers.");
        group.MapPost("", (ChatQuestion question, ChatService desk, ConversationStore store, HttpContext context) => Asked(desk, question, store.Begin(question.Text, question.System), context))
            .WithSummary("Asks the first question of a new conversation. Events: 'conversation' with its id, 'progress', 'frame' and 'answer' of each side, then 'result' when the answer is saved, or 'error'. Closing the connection stops the generation; the text so far is saved.");
        group.MapPost("/{id}/questions", async (string id, ChatQuestion question, ChatService desk, ConversationStore store, HttpContext context) =>
        {
            await desk.Settle(id, context.RequestAborted);
            return store.Find(id) is { } found ? Asked(desk, question, found, context) : Results.NotFound();
        })
            .WithSummary("Asks the next question of a conversation; events as for the first.");
        group.MapPatch("/{id}", (string id, ConversationChange change, ConversationStore store) => store.Find(id) is null ? Results.NotFound() : Results.Ok(store.Rename(id, change.Name)))
            .WithSummary("Renames a conversation.").Produces<Conversation>();
        group.MapDelete("/{id}", (string id, ConversationStore store) => store.Delete(id) ? Results.NoContent() : Results.NotFound()).WithSummary("Deletes a conversation; it can be restored.");
        group.MapPost("/{id}/restore", (string id, ConversationStore store) =>
        {
            store.Restore(id);
            return Results.Ok(store.Find(id));
        }).WithSummary("Restores a deleted conversation.").Produces<Conversation>();
    }

    private static IResult Asked(ChatService desk, ChatQuestion question, Conversation conversation, HttpContext context)
    {
        var sides = desk.SidesOf(question);
        return TypedResults.ServerSentEvents(EngineStream.Of(async (send, stop) =>
        {
            send("conversation", new { conversation.Id, conversation.Name });
            var kept = await desk.Ask(conversation, question, sides, send, stop);
            return new { kept.Id, kept.Name, Questions = kept.Exchanges.Count };
        }, context));
    }
}
