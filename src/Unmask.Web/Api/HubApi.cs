using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Unmask.Core.Hub;
using Unmask.Web.Hub;

namespace Unmask.Web.Api;

/// <summary>The Hugging Face Hub: search, downloads.</summary>
internal static class HubApi
{
    /// <summary>A download that a program asks for.</summary>
    internal sealed record HubOrder(HubKind Kind, string Name, string? Revision = null, string? Config = null, string? Split = null);

    public static void MapHub(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/hub").WithTags("Hub");
        group.MapGet("/search", async (HubKind kind, string words, HubDownloads downloads, HttpContext context) =>
        {
            using var hub = new HubClient(downloads.Settings);
            return await hub.Search(kind, words, 50, context.RequestAborted);
        }).WithSummary("Models or data sets that match some words, the most downloaded first.");
        group.MapGet("/downloads", (HubDownloads downloads) => downloads.All).WithSummary("Downloads since the workbench was started, the last first.");
        group.MapPost("/downloads", (HubOrder order, HubDownloads downloads) =>
        {
            var job = downloads.Start(HubId.Parse(order.Kind, order.Name, order.Revision), order.Config, order.Split);
            return Results.Accepted($"/api/hub/downloads/{job.Id}", job);
        }).WithSummary("Begins a download, or goes on with one that was cut off.").Produces<HubJob>(StatusCodes.Status202Accepted);
        group.MapGet("/downloads/{id}", (string id, HubDownloads downloads) => downloads.All.FirstOrDefault(job => job.Id == id) is { } job ? Results.Ok(job) : Results.NotFound()).WithSummary("One download.").Produces<HubJob>();
        group.MapDelete("/downloads/{id}", (string id, HubDownloads downloads) => downloads.Cancel(id) ? Results.NoContent() : Results.NotFound()).WithSummary("Ends a download; what came is kept.");

        // The same from the form of the page.
        routes.MapPost("/hub/download", ([FromForm] HubKind kind, [FromForm] string name, [FromForm] string? revision, [FromForm] string? config, [FromForm] string? split, HubDownloads downloads) =>
        {
            downloads.Start(HubId.Parse(kind, name, Given(revision)), Given(config), Given(split));
            return Results.Redirect("/hub#downloads");
        }).ExcludeFromDescription();
    }

    private static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
