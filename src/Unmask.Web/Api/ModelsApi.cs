using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Unmask.Core.Models;
using Unmask.Core.Service;
using Unmask.Web.Layout;
using Unmask.Web.Library;

namespace Unmask.Web.Api;

/// <summary>Models and adapters: list and facts, new ones of those that are there, deletion.</summary>
internal static class ModelsApi
{
    private const string HowItIsTold = " Events 'progress', then 'result' with the new model or 'error' with problems. Closing the connection ends the work and leaves nothing.";

    public static void MapModels(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/models").WithTags("Models");
        group.MapGet("", (ModelShelf shelf) => shelf.All).WithSummary("All models and adapters, the last made first.");
        group.MapGet("/{id}", (string id, ModelShelf shelf) => shelf.Find(id) is { } model ? Results.Ok(model) : Results.NotFound()).WithSummary("One model, adapter or checkpoint.").Produces<StoredModel>();
        group.MapGet("/{id}/inspection", async (string id, ModelShelf shelf, EngineProcess engine, HttpContext context) => shelf.Find(id) is { } model
            ? Results.Ok(await engine.AskAsync(new ModelInspectRequest(model.Path), cancellation: context.RequestAborted))
            : Results.NotFound()).WithSummary("What its folder holds, and what is wrong with it.").Produces<ModelInspection>();
        group.MapPost("", async (ModelImport import, ModelWorks works, HttpContext context) =>
        {
            var model = await works.Import(import, Ignore, context.RequestAborted);
            return Results.Created($"/api/models/{model.Id}", model);
        }).WithSummary("Copies a model or an adapter of this machine in, after a look at it; nothing that can execute is taken.").Produces<StoredModel>(StatusCodes.Status201Created);
        group.MapPost("/import", (ModelImport import, ModelWorks works, HttpContext context) => Told(context, (progress, stop) => works.Import(import, progress, stop)))
            .WithSummary("The same, with how far it is." + HowItIsTold);
        group.MapPost("/{id}/merge", (string id, ModelMerge merge, ModelShelf shelf, ModelWorks works, HttpContext context) => shelf.Find(id) is { } adapter
            ? Told(context, (progress, stop) => works.Merge(adapter, merge, progress, stop))
            : Results.NotFound()).WithSummary("Makes one model of an adapter and its model." + HowItIsTold);
        group.MapPost("/{id}/convert", (string id, ModelConversion conversion, ModelShelf shelf, ModelWorks works, HttpContext context) => shelf.Find(id) is { } model
            ? Told(context, (progress, stop) => works.Convert(model, conversion, progress, stop))
            : Results.NotFound()).WithSummary("Copies a model into another number format: float32, bfloat16, float16, or nf4 (4 bits)." + HowItIsTold);
        group.MapDelete("/{id}", (string id, ModelShelf shelf, ModelUsers users) =>
        {
            if (shelf.Find(id) is not { } model) return Results.NotFound();
            shelf.Delete(id, Named(users.Of(model)));
            return Results.NoContent();
        }).WithSummary("Deletes a model that nothing uses and that no run gave.");
        MapPages(routes.MapGroup("/models").ExcludeFromDescription());
    }

    /// <summary>The same from the forms of the pages, which work without scripts, too.</summary>
    private static void MapPages(RouteGroupBuilder pages)
    {
        pages.MapPost("/import", async ([FromForm] string folder, [FromForm] string? name, [FromForm] bool? link, ModelWorks works, HttpContext context) =>
            Results.Redirect($"/models/{(await works.Import(new(folder, name, link ?? false), Ignore, context.RequestAborted)).Id}"));
        pages.MapPost("/{id}/merge", async (string id, [FromForm] string? name, [FromForm] string? into, ModelShelf shelf, ModelWorks works, HttpContext context) => shelf.Find(id) is { } adapter
            ? Results.Redirect($"/models/{(await works.Merge(adapter, new(name, string.IsNullOrEmpty(into) ? null : into), Ignore, context.RequestAborted)).Id}")
            : Results.NotFound());
        pages.MapPost("/{id}/convert", async (string id, [FromForm] string format, [FromForm] string? name, ModelShelf shelf, ModelWorks works, HttpContext context) => shelf.Find(id) is { } model
            ? Results.Redirect($"/models/{(await works.Convert(model, new(format, name), Ignore, context.RequestAborted)).Id}")
            : Results.NotFound());
        pages.MapPost("/{id}/delete", (string id, HttpContext context, ModelShelf shelf, ModelUsers users) =>
        {
            if (shelf.Find(id) is not { } model) return Results.NotFound();
            shelf.Delete(id, Named(users.Of(model)));
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
