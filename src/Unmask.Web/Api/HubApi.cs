using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Unmask.Core.Hub;
using Unmask.Core.Hub.Http;
using Unmask.Core.Models;
using Unmask.Web.Hub;

namespace Unmask.Web.Api;

/// <summary>The Hugging Face Hub: search, downloads, pushes.</summary>
internal static class HubApi
{
    /// <summary>A download that a program asks for.</summary>
    internal sealed record HubOrder(HubKind Kind, string Name, string? Revision = null, string? Config = null, string? Split = null);

    /// <summary>A push that a program asks for.</summary>
    internal sealed record HubPushOrder(string Model, string Name, bool Private = true);

    public static void MapHub(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/hub").WithTags("Hub");
        group.MapGet("/search", async (string kind, string words, HubTransfers transfers, HttpContext context) =>
        {
            using var hub = new HubClient(transfers.Settings);
            return await hub.Search(Choice.Of<HubKind>(nameof(kind), kind), words, 50, context.RequestAborted);
        }).WithSummary("Models or datasets (kind: model or dataset) that match a search, most downloaded first.");
        group.MapGet("/transfers", (HubTransfers transfers) => transfers.All).WithSummary("Downloads and pushes since the workbench was started, newest first.");
        group.MapPost("/transfers", (HubOrder order, HubTransfers transfers) =>
        {
            var job = transfers.Download(HubId.Parse(order.Kind, order.Name, order.Revision), order.Config, order.Split);
            return Results.Accepted($"/api/hub/transfers/{job.Id}", job);
        }).WithSummary("Starts a download, or resumes an interrupted one.").Produces<HubJob>(StatusCodes.Status202Accepted);
        group.MapGet("/transfers/{id}", (string id, HubTransfers transfers) => transfers.All.FirstOrDefault(job => job.Id == id) is { } job ? Results.Ok(job) : Results.NotFound()).WithSummary("One download or push.").Produces<HubJob>();
        group.MapDelete("/transfers/{id}", (string id, HubTransfers transfers) => transfers.Cancel(id) ? Results.NoContent() : Results.NotFound()).WithSummary("Cancels a download or push; completed files are kept.");

        MapPush(routes, group);

        // The same from the form of the page.
        routes.MapPost("/hub/download", ([FromForm] HubKind kind, [FromForm] string name, [FromForm] string? revision, [FromForm] string? config, [FromForm] string? split, HubTransfers transfers) =>
        {
            transfers.Download(HubId.Parse(kind, name, Given(revision)), Given(config), Given(split));
            return Results.Redirect("/hub#transfers");
        }).ExcludeFromDescription();
    }

    private static void MapPush(IEndpointRouteBuilder routes, RouteGroupBuilder group)
    {
        group.MapPost("/pushes", (HubPushOrder order, HubTransfers transfers, ModelStore models) => models.Find(order.Model) is not { } model ? Results.NotFound()
            : transfers.Push(model.Path, HubId.Parse(HubKind.Model, order.Name), order.Private) is var job ? Results.Accepted($"/api/hub/transfers/{job.Id}", job) : null)
            .WithSummary("Pushes a model or adapter as one commit; a new repository is private unless said otherwise.").Produces<HubJob>(StatusCodes.Status202Accepted);
        routes.MapPost("/models/{id}/push", ([FromRoute] string id, [FromForm] string name, [FromForm] string? open, HubTransfers transfers, ModelStore models) =>
        {
            var model = models.Find(id) ?? throw new UserError($"There is no model {id} any more.");
            transfers.Push(model.Path, HubId.Parse(HubKind.Model, name.Trim()), isPrivate: open is null);
            return Results.Redirect("/hub#transfers");
        }).ExcludeFromDescription();
    }

    private static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
