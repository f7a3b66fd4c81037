using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Unmask.Core.Models;
using Unmask.Core.Protocol;
using Unmask.Core.Protocol.Client;
using Unmask.Web.Chat;

namespace Unmask.Web.Api;

/// <summary>Writing with models: open a session, let it write, close it.</summary>
internal static class ChatApi
{
    /// <summary>A session as programs see it.</summary>
    private sealed record SessionView(string Session, StoredModel Model, StoredModel? Adapter, bool In4Bit, bool InMemory, LoadedModel? Loaded)
    {
        public static SessionView Of(ChatSession session) => new(session.Id, session.Model, session.Adapter, session.Choice.In4Bit, session.IsInMemory, session.Loaded);
    }

    public static void MapChat(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/chat").WithTags("Chat");
        group.MapGet("", (ChatSessions sessions) => sessions.All.Select(SessionView.Of)).WithSummary("All open sessions.");
        group.MapPost("", (ChatChoice choice, ChatSessions sessions) => Results.Ok(SessionView.Of(sessions.Open(choice))))
            .WithSummary("Opens a session for a model, by ids; nothing is loaded yet.").Produces<SessionView>();
        group.MapGet("/devices", async (EngineProcess engine, HttpContext context) => (await engine.AskAsync(new MachineRequest(), cancellation: context.RequestAborted)).Devices)
            .WithSummary("Devices for models.");
        group.MapGet("/{session}", (string session, ChatSessions sessions) => sessions.Find(session) is { } found ? Results.Ok(SessionView.Of(found)) : Gone(session, sessions))
            .WithSummary("One session. 404 reports why the session was closed: models are unloaded after some idle time.").Produces<SessionView>();
        group.MapPost("/{session}/load", (string session, ChatSessions sessions, HttpContext context) => sessions.Find(session) is not { } found ? Gone(session, sessions)
            : TypedResults.ServerSentEvents(EngineStream.Of(async (send, stop) =>
            {
                await found.Load(progress => send("progress", progress), stop);
                return SessionView.Of(found);
            }, context)))
            .WithSummary("Loads the session's model: events 'progress', then 'result' with the session or 'error' with problems.");
        group.MapPost("/{session}/generate", (string session, GenerateRequest request, ChatSessions sessions, HttpContext context) => sessions.Find(session) is not { } found ? Gone(session, sessions)
            : TypedResults.ServerSentEvents(EngineStream.Of(async (send, stop) => await found.Generate(request, frame => send("frame", frame), progress => send("progress", progress), stop), context)))
            .WithSummary("Generates without saving a conversation: events 'frame' with the canvas after each step, then 'result' or 'error'. Closing the connection stops the generation.");
        group.MapDelete("/{session}", async (string session, ChatSessions sessions) => await sessions.Close(session) ? Results.NoContent() : Results.NotFound())
            .WithSummary("Closes a session and frees its memory.");
    }

    private static IResult Gone(string session, ChatSessions sessions) => Results.Problem(sessions.FarewellOf(session), statusCode: StatusCodes.Status404NotFound);
}
