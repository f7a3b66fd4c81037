using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Unmask.Core.Models;

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
        group.MapPost("", async (ModelImport import, ModelShelf shelf, HttpContext context) =>
        {
            var id = await shelf.Import(import.Folder, import.Name, context.RequestAborted);
            return Results.Created($"/api/models/{id}", shelf.Find(id));
        }).WithSummary("Copies a model or an adaptor of this machine in.").Produces<StoredModel>(StatusCodes.Status201Created);

        // The same from the form of the page.
        routes.MapPost("/models/import", async ([FromForm] string folder, [FromForm] string? name, ModelShelf shelf, HttpContext context) =>
            Results.Redirect($"/models/{await shelf.Import(folder, name, context.RequestAborted)}")).ExcludeFromDescription();
    }
}
