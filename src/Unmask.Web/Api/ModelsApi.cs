using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Unmask.Core.Models;
using Unmask.Core.Service;

namespace Unmask.Web.Api;

/// <summary>Models and adaptors: list and facts.</summary>
internal static class ModelsApi
{
    /// <summary>What to import.</summary>
    private sealed record ModelImport(string Folder, string? Name);

    public static void MapModels(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/models").WithTags("Models");
        group.MapGet("", (ModelShelf shelf) => shelf.All).WithSummary("All models and adaptors, the last made first.");
        group.MapGet("/{id}", (string id, ModelShelf shelf) => shelf.Find(id) is { } model ? Results.Ok(model) : Results.NotFound()).WithSummary("One model or adaptor.").Produces<StoredModel>();
        group.MapGet("/{id}/inspection", async (string id, ModelShelf shelf, EngineProcess engine, HttpContext context) => shelf.Find(id) is { } model
            ? Results.Ok(await engine.AskAsync(new ModelInspectRequest(model.Path), cancellation: context.RequestAborted))
            : Results.NotFound()).WithSummary("What its folder holds, and what is wrong with it.").Produces<ModelInspection>();
        group.MapPost("", async (ModelImport import, ModelShelf shelf, EngineProcess engine, HttpContext context) =>
        {
            var model = await Import(import, shelf, engine, context.RequestAborted);
            return Results.Created($"/api/models/{model.Id}", model);
        }).WithSummary("Copies a model or an adaptor of this machine in, after a look at it; nothing that can execute is taken.").Produces<StoredModel>(StatusCodes.Status201Created);

        // The same from the form of the page.
        routes.MapPost("/models/import", async ([FromForm] string folder, [FromForm] string? name, ModelShelf shelf, EngineProcess engine, HttpContext context) =>
            Results.Redirect($"/models/{(await Import(new(folder, name), shelf, engine, context.RequestAborted)).Id}")).ExcludeFromDescription();
    }

    private static async Task<StoredModel> Import(ModelImport import, ModelShelf shelf, EngineProcess engine, CancellationToken stop)
    {
        var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(import.Folder.Trim()));
        var place = shelf.NewPlace(string.IsNullOrWhiteSpace(import.Name) ? Path.GetFileName(folder) : import.Name);
        await engine.AskAsync(new ModelImportRequest(folder, place), cancellation: stop);
        return shelf.At(place)!;
    }
}
