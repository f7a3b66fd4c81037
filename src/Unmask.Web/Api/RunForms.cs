using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Unmask.Core.Jobs;
using Unmask.Core.Templates;
using Unmask.Web.Layout;

namespace Unmask.Web.Api;

/// <summary>What the buttons of the pages do to runs; each leads back to a page.</summary>
internal static class RunForms
{
    public static void MapRunForms(this IEndpointRouteBuilder routes)
    {
        var runs = routes.MapGroup("/runs").ExcludeFromDescription();
        runs.MapPost("/{id}/do/{verb}", (string id, string verb, HttpContext context, RunBoard board) =>
            RunsApi.Act(board, id, verb) ? Back(context, $"/runs/{id}") : Results.NotFound());
        runs.MapPost("/{id}/requeue", async (string id, HttpContext context, RunBoard board) =>
        {
            var form = await context.Request.ReadFormAsync();
            var made = board.Requeue(id, [.. form["set"].OfType<string>()], form["key"]);
            return Queued(context, made);
        });
        runs.MapPost("/{id}/branch", async (string id, HttpContext context, RunBoard board) =>
        {
            var form = await context.Request.ReadFormAsync();
            return Queued(context, board.Branch(id, long.Parse(form["step"].ToString(), System.Globalization.CultureInfo.InvariantCulture), [.. form["set"].OfType<string>()]));
        });
        runs.MapPost("/{id}/rename", async (string id, HttpContext context, RunBoard board) =>
        {
            board.Rename(id, (await context.Request.ReadFormAsync())["name"].ToString());
            return Results.Redirect($"/runs/{id}");
        });
        runs.MapPost("/{id}/archive", (string id, HttpContext context, RunBoard board) =>
        {
            board.Archive(id, !board.Find(id)!.Archived);
            return Back(context, $"/runs/{id}");
        });
        runs.MapPost("/{id}/delete", (string id, HttpContext context, RunBoard board) =>
        {
            var name = board.Find(id)?.Name ?? id;
            board.Delete(id);
            new Flash("good", [$"{name} was deleted."]).Leave(context);
            return Results.Redirect("/runs");
        });
        runs.MapPost("/{id}/move/{before?}", (string id, string? before, RunBoard board) =>
        {
            board.MoveBefore(id, before);
            return Results.Redirect("/runs");
        });
        routes.MapPost("/queue/{verb}", (string verb, RunBoard board) =>
        {
            if (verb == "pause") board.PauseQueue();
            else board.ResumeQueue();
            return Results.Redirect("/runs");
        }).ExcludeFromDescription();
        routes.MapPost("/templates/{id}/queue", (string id, HttpContext context, RunBoard board, TemplateShelf templates) =>
            Queued(context, RunsApi.Queue(new RunsApi.RunDraft(Template: id), key: null, board, templates))).ExcludeFromDescription();
    }

    private static IResult Queued(HttpContext context, string id)
    {
        new Flash("good", ["Queued. It starts as soon as its device is free."]).Leave(context);
        return Results.Redirect($"/runs/{id}");
    }

    /// <summary>The page that the button was on, if it is one of ours.</summary>
    private static IResult Back(HttpContext context, string otherwise) => Results.Redirect(
        Uri.TryCreate(context.Request.Headers.Referer, UriKind.Absolute, out var page) && page.Authority == context.Request.Host.Value ? page.PathAndQuery : otherwise);
}
