using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Unmask.Core.Models;

namespace Unmask.Web.Api;

/// <summary>Models and adaptors: list and facts.</summary>
internal static class ModelsApi
{
    public static void MapModels(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/models").WithTags("Models");
        group.MapGet("", (ModelShelf shelf) => shelf.All).WithSummary("All models and adaptors, the last made first.");
        group.MapGet("/{id}", (string id, ModelShelf shelf) => shelf.Find(id) is { } model ? Results.Ok(model) : Results.NotFound()).WithSummary("One model or adaptor.").Produces<StoredModel>();
    }
}
