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
        group.MapGet("", (ConversationShelf shelf) => shelf.All).WithSummary("All conversations, the last changed first.");
        group.MapGet("/messages.jsonl", (ConversationShelf shelf) =>
            Results.Text(ConversationExport.ToJsonLines(shelf.All.Where(glance => glance.Problem is null).Select(glance => shelf.Find(glance.Id)).OfType<Conversation>()), JsonLines))
            .WithSummary("All conversations as rows to train on: JSON Lines with a column 'messages'.");
        group.MapGet("/{id}", (string id, ConversationShelf shelf) => shelf.Find(id) is { } found ? Results.Ok(found) : Results.NotFound())
            .WithSummary("One conversation, with every answer's canvas.").Produces<Conversation>();
        group.MapGet("/{id}/messages.jsonl", (string id, ConversationShelf shelf) => shelf.Find(id) is { } found
            ? Results.Text(ConversationExport.ToJsonLines([found]), JsonLines)
            : Results.NotFound()).WithSummary("One conversation as rows to train on, one for each model that answers.");
        group.MapPost("", (ChatQuestion question, ChatDesk desk, ConversationShelf shelf, HttpContext context) => Asked(desk, question, shelf.Begin(question.Text, question.System), context))
            .WithSummary("Asks the first question of a new conversation. Events: 'conversation' with its id, 'progress', 'frame' and 'answer' of each side, then 'result' when it is kept, or 'error'. Closing the connection stops the computing; what was written is kept.");
        group.MapPost("/{id}/questions", async (string id, ChatQuestion question, ChatDesk desk, ConversationShelf shelf, HttpContext context) =>
        {
            await desk.Settle(id, context.RequestAborted);
            return shelf.Find(id) is { } found ? Asked(desk, question, found, context) : Results.NotFound();
        })
            .WithSummary("Asks the next question of a conversation; events as for the first.");
        group.MapPatch("/{id}", (string id, ConversationChange change, ConversationShelf shelf) => shelf.Find(id) is null ? Results.NotFound() : Results.Ok(shelf.Rename(id, change.Name)))
            .WithSummary("Renames a conversation.").Produces<Conversation>();
        group.MapDelete("/{id}", (string id, ConversationShelf shelf) => shelf.Delete(id) ? Results.NoContent() : Results.NotFound()).WithSummary("Deletes a conversation; it can be restored.");
        group.MapPost("/{id}/restore", (string id, ConversationShelf shelf) =>
        {
            shelf.Restore(id);
            return Results.Ok(shelf.Find(id));
        }).WithSummary("Brings a deleted conversation back.").Produces<Conversation>();
    }

    private static IResult Asked(ChatDesk desk, ChatQuestion question, Conversation conversation, HttpContext context)
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
