using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Unmask.Core.Models;
using Unmask.Core.Protocol;
using Unmask.Core.Protocol.Client;
using Unmask.Web.Layout;
using Unmask.Web.Library;

namespace Unmask.Web.Api;

/// <summary>Models and adapters: list and facts, new ones of those that are there, deletion.</summary>
internal static class ModelsApi
{
    private const string HowItIsTold = " Events 'progress', then 'result' with the new model or 'error' with problems. Closing the connection cancels the operation and leaves no files.";

    public static void MapModels(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/models").WithTags("Models");
        group.MapGet("", (ModelStore store) => store.All).WithSummary("All models and adapters, newest first.");
        group.MapGet("/{id}", (string id, ModelStore store) => store.Find(id) is { } model ? Results.Ok(model) : Results.NotFound()).WithSummary("One model, adapter or checkpoint.").Produces<StoredModel>();
        group.MapGet("/{id}/inspection", async (string id, ModelStore store, EngineProcess engine, HttpContext context) => store.Find(id) is { } model
            ? Results.Ok(await engine.AskAsync(new ModelInspectRequest(model.Path), cancellation: context.RequestAborted))
            : Results.NotFound()).WithSummary("Contents and problems of the model folder.").Produces<ModelInspection>();
        group.MapPost("", async (ModelImport import, ModelJobs works, HttpContext context) =>
        {
            var model = await works.Import(import, Ignore, context.RequestAborted);
            return Results.Created($"/api/models/{model.Id}", model);
        }).WithSummary("Imports a model or adapter from a local folder after an inspection; files that can execute code are not imported.").Produces<StoredModel>(StatusCodes.Status201Created);
        group.MapPost("/import", (ModelImport import, ModelJobs works, HttpContext context) => Told(context, (progress, stop) => works.Import(import, progress, stop)))
            .WithSummary("Imports with progress events." + HowItIsTold);
        group.MapPost("/{id}/merge", (string id, ModelMerge merge, ModelStore store, ModelJobs works, HttpContext context) => store.Find(id) is { } adapter
            ? Told(context, (progress, stop) => works.Merge(adapter, merge, progress, stop))
            : Results.NotFound()).WithSummary("Merges an adapter into its base model." + HowItIsTold);
        group.MapPost("/{id}/convert", (string id, ModelConversion conversion, ModelStore store, ModelJobs works, HttpContext context) => store.Find(id) is { } model
            ? Told(context, (progress, stop) => works.Convert(model, conversion, progress, stop))
            : Results.NotFound()).WithSummary("Converts a model to another data type: float32, bfloat16, float16, or nf4 (4-bit)." + HowItIsTold);
        group.MapDelete("/{id}", (string id, ModelStore store, ModelUsers users) =>
        {
            if (store.Find(id) is not { } model) return Results.NotFound();
            store.Delete(id, Named(users.Of(model)));
            return Results.NoContent();
        }).WithSummary("Deletes a model that is not in use and not an output of a run.");
        MapPages(routes.MapGroup("/models").ExcludeFromDescription());
    }

    /// <summary>The same from the forms of the pages, which work without scripts, too.</summary>
    private static void MapPages(RouteGroupBuilder pages)
    {
        pages.MapPost("/import", async ([FromForm] string folder, [FromForm] string? name, [FromForm] bool? link, ModelJobs works, HttpContext context) =>
            Results.Redirect($"/models/{(await works.Import(new(folder, name, link ?? false), Ignore, context.RequestAborted)).Id}"));
        pages.MapPost("/{id}/merge", async (string id, [FromForm] string? name, [FromForm] string? into, ModelStore store, ModelJobs works, HttpContext context) => store.Find(id) is { } adapter
            ? Results.Redirect($"/models/{(await works.Merge(adapter, new(name, string.IsNullOrEmpty(into) ? null : into), Ignore, context.RequestAborted)).Id}")
            : Results.NotFound());
        pages.MapPost("/{id}/convert", async (string id, [FromForm] string format, [FromForm] string? name, ModelStore store, ModelJobs works, HttpContext context) => store.Find(id) is { } model
            ? Results.Redirect($"/models/{(await works.Convert(model, new(format, name), Ignore, context.RequestAborted)).Id}")
            : Results.NotFound());
        pages.MapPost("/{id}/delete", (string id, HttpContext context, ModelStore store, ModelUsers users) =>
        {
            if (store.Find(id) is not { } model) return Results.NotFound();
            store.Delete(id, Named(users.Of(model)));
            new Flash("good", [$"{model.Name} was deleted."]).Leave(context);
            return Results.Redirect("/models");
        });
    }

    private static IResult Told(HttpContext context, Func<Action<EngineProgress>, CancellationToken, Task<StoredModel>> work) =>
        TypedResults.ServerSentEvents(EngineStream.Of(async (send, stop) => await work(progress => send("progress", progress), stop), context));

    private static string[] Named(IReadOnlyList<ModelUser> users) => [.. users.Select(user => user.Kind == "chat" ? user.Title : $"the {user.Kind} {user.Title}")];

    private static void Ignore(EngineProgress progress)
    {
    }
}
