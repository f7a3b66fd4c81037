using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Unmask.Core.Parameters;
using Unmask.Core.Service;

namespace Unmask.Web.Api;

/// <summary>Methods: what there is, and whether it works here.</summary>
internal static class MethodsApi
{
    public static void MapMethods(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/methods").WithTags("Methods");
        group.MapGet("", async (EngineProcess engine, HttpContext context) => (await engine.AskAsync(new MethodsRequest(), cancellation: context.RequestAborted)).Methods)
            .WithSummary("The methods, judged for this machine.");
        group.MapPost("/{id}/self-test", (string id, EngineProcess engine, HttpContext context) => !Enum.TryParse<TrainingMethod>(id, ignoreCase: true, out var method) || !Enum.IsDefined(method) ? Results.NotFound()
            : TypedResults.ServerSentEvents(EngineStream.Of(async (send, stop) =>
                await engine.AskAsync(new SelfTestRequest(method), step => send("frame", step), progress => send("progress", progress), stop), context.RequestAborted)))
            .WithSummary("Tries a method with a very small model: events 'frame' with each step, then 'result' or 'error'.");
    }
}
