using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Unmask.Core.Parameters;
using Unmask.Web.Insights;

namespace Unmask.Web.Api;

/// <summary>Methods: what there is, and whether it works here.</summary>
internal static class MethodsApi
{
    public static void MapMethods(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/methods").WithTags("Methods");
        group.MapGet("", (MethodInsights methods, HttpContext context) => methods.List(context.RequestAborted)).WithSummary("The methods, judged for this machine.");
        group.MapGet("/trials", (MethodInsights methods) => methods.Trials).WithSummary("The last self-test of each method, by its id.");
        group.MapPost("/{id}/self-test", (string id, MethodInsights methods, HttpContext context) => !Enum.TryParse<TrainingMethod>(id, ignoreCase: true, out var method) || !Enum.IsDefined(method) ? Results.NotFound()
            : TypedResults.ServerSentEvents(EngineStream.Of(async (send, stop) =>
                await methods.Try(method, step => send("frame", step), progress => send("progress", progress), stop), context)))
            .WithSummary("Tries a method with a very small model: events 'frame' with each step, then 'result' or 'error'.");
    }
}
