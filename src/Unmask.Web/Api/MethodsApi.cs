using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Unmask.Core.Methods;
using Unmask.Core.Parameters;
using Unmask.Web.Insights;
using Unmask.Web.Layout;

namespace Unmask.Web.Api;

/// <summary>Methods: what there is, and whether it works here.</summary>
internal static class MethodsApi
{
    public static void MapMethods(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/methods").WithTags("Methods");
        group.MapGet("", (MethodInsights methods, HttpContext context) => methods.List(context.RequestAborted)).WithSummary("The training methods, with a hardware verdict for this machine.");
        group.MapGet("/trials", (MethodInsights methods) => methods.Trials).WithSummary("The last self-test of each method, by its id.");
        group.MapPost("/{id}/self-test", (string id, MethodInsights methods, HttpContext context) => !Enum.TryParse<TrainingMethod>(id, ignoreCase: true, out var method) || !Enum.IsDefined(method) ? Results.NotFound()
            : TypedResults.ServerSentEvents(EngineStream.Of(async (send, stop) =>
                await methods.Try(method, step => send("frame", step), progress => send("progress", progress), stop), context)))
            .WithSummary("Runs the self-test of a method with a very small model: events 'frame' with each step, then 'result' or 'error'.");
        routes.MapPost("/plugins/{id}/{verb}", async (string id, string verb, MethodInsights methods, PluginStates states, HttpContext context) =>
        {
            if (verb is not ("enable" or "disable") || (await methods.Known(context.RequestAborted)).FirstOrDefault(method => method.Id == id) is not { } plugin) return Results.NotFound();
            states.Set(id, verb == "enable");
            new Flash("good", [$"Plugin {plugin.Title} {verb}d."]).Leave(context);
            return Results.Redirect("/plugins");
        }).ExcludeFromDescription();
    }
}
