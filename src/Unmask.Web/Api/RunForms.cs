using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Unmask.Core.Jobs;
using Unmask.Core.Jobs.Status;
using Unmask.Core.Templates;
using Unmask.Web.Forms;
using Unmask.Web.Layout;
using Unmask.Web.TensorBoard;

namespace Unmask.Web.Api;

/// <summary>What the buttons of the pages do to runs; each leads back to a page.</summary>
internal static class RunForms
{
    public static void MapRunForms(this IEndpointRouteBuilder routes)
    {
        var runs = routes.MapGroup("/runs").ExcludeFromDescription();
        runs.MapPost("/{id}/do/{verb}", (string id, string verb, HttpContext context, RunScheduler scheduler) =>
            RunsApi.Act(scheduler, id, verb) ? Back(context, $"/runs/{id}") : Results.NotFound());
        runs.MapPost("/{id}/requeue", async (string id, HttpContext context, RunScheduler scheduler) =>
        {
            var form = await context.Request.ReadFormAsync();
            var made = scheduler.Creator.Requeue(id, [.. form["set"].OfType<string>()], form["key"].ToString() is { Length: > 0 } key ? key : null);
            return Queued(context, made);
        });
        runs.MapPost("/{id}/branch", async (string id, HttpContext context, RunScheduler scheduler) =>
        {
            var text = (await context.Request.ReadFormAsync())["step"].ToString();
            if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var step)) throw new UserError($"\"{text}\" is not a step. Select one of the checkpoints on the page of the run.");
            return Queued(context, scheduler.Creator.Branch(id, step, scheduler.Creator.BranchSettings(id, step)));
        });
        runs.MapPost("/{id}/rename", async (string id, HttpContext context, RunScheduler scheduler) =>
        {
            scheduler.Rename(id, (await context.Request.ReadFormAsync())["name"].ToString());
            return Results.Redirect($"/runs/{id}");
        });
        runs.MapPost("/{id}/archive", (string id, HttpContext context, RunScheduler scheduler) =>
        {
            if (scheduler.Find(id) is not { } run) return Results.NotFound();
            scheduler.Archive(id, !run.Archived);
            return Back(context, $"/runs/{id}");
        });
        runs.MapPost("/chosen", async (HttpContext context, RunScheduler scheduler) =>
        {
            var form = await context.Request.ReadFormAsync();
            var chosen = form["runs"].OfType<string>().ToList();
            if (form["do"] != "archive") return Results.Redirect(QueryHelpers.AddQueryString("/compare", chosen.Select(id => KeyValuePair.Create("runs", (string?)id))));
            foreach (var id in chosen) scheduler.Archive(id, true);
            (chosen.Count == 0 ? new Flash("error", ["No run is selected. Select the runs to archive."]) : new Flash("good", [$"{Format.Count(chosen.Count, "run")} archived. “Show archived” lists them."])).Leave(context);
            return Results.Redirect("/runs");
        });
        runs.MapPost("/{id}/delete", (string id, HttpContext context, RunScheduler scheduler) =>
        {
            var name = scheduler.Find(id)?.Name ?? id;
            var freed = scheduler.Storage.Delete(id, RunParts.All);
            new Flash("good", [$"{name} was deleted, freeing {Format.Bytes(freed)}."]).Leave(context);
            return Results.Redirect("/runs");
        });
        runs.MapPost("/{id}/checkpoints/{step:long}/{verb}", (string id, long step, string verb, HttpContext context, RunScheduler scheduler) =>
        {
            switch (verb)
            {
                case "keep" or "let-go":
                    scheduler.Storage.KeepCheckpoint(id, step, verb == "keep");
                    break;
                case "delete":
                    new Flash("good", [$"The checkpoint of step {Format.Count(step)} was deleted, freeing {Format.Bytes(scheduler.Storage.DeleteCheckpoint(id, step))}."]).Leave(context);
                    break;
                default:
                    return Results.NotFound();
            }

            return Results.Redirect($"/runs/{id}/checkpoints");
        });
        runs.MapPost("/{id}/delete-checkpoints", (string id, HttpContext context, RunScheduler scheduler) =>
        {
            new Flash("good", [$"Freed {Format.Bytes(scheduler.Storage.Delete(id, RunParts.Checkpoints))}."]).Leave(context);
            return Results.Redirect($"/runs/{id}/checkpoints");
        });
        runs.MapPost("/{id}/move/{before?}", (string id, string? before, RunScheduler scheduler) =>
        {
            scheduler.Queue.MoveBefore(id, before);
            return Results.Redirect("/runs");
        });
        routes.MapPost("/queue/{verb}", (string verb, RunScheduler scheduler) =>
        {
            switch (verb)
            {
                case "pause":
                    scheduler.Queue.Pause();
                    break;
                case "resume":
                    scheduler.Queue.Unpause();
                    break;
                default:
                    return Results.Problem($"There is no action {verb} for the queue; use pause or resume.", statusCode: StatusCodes.Status404NotFound);
            }

            return Results.Redirect("/runs");
        }).ExcludeFromDescription();
        routes.MapPost("/tensorboard/start", (TensorBoardServer tensorBoard) =>
        {
            tensorBoard.Start();
            return Results.Redirect("/tensorboard");
        }).ExcludeFromDescription();
        routes.MapPost("/demo", (HttpContext context, RunScheduler scheduler, TemplateStore templates) => Queued(context, Demo(scheduler, templates))).ExcludeFromDescription();
        routes.MapPost("/templates/{id}/queue", (string id, HttpContext context, RunScheduler scheduler, TemplateStore templates) =>
            Queued(context, RunsApi.Queue(new RunsApi.RunDraft(Template: id), key: null, scheduler, templates))).ExcludeFromDescription();
    }

    /// <summary>Queues the demo, with its template kept so that it can be changed and repeated.</summary>
    private static string Demo(RunScheduler scheduler, TemplateStore templates)
    {
        var demo = SampleRecipe.Find("demo") ?? throw new UserError("This installation has no demo recipe. Use a recipe of the repository instead.");
        var template = templates.All.FirstOrDefault(template => template.Title == demo.Title)?.Id ?? templates.Add(demo.Title, demo.Description, demo.Parameters);
        return scheduler.Creator.Enqueue(demo.Parameters, new RunOrigin(Template: template), demo.Title);
    }

    private static IResult Queued(HttpContext context, string id)
    {
        new Flash("good", ["Run queued. It starts when its device is free."]).Leave(context);
        return Results.Redirect($"/runs/{id}");
    }

    /// <summary>The page that the button was on, if it is one of ours.</summary>
    private static IResult Back(HttpContext context, string otherwise) => Results.Redirect(
        SentenceHandler.PageBefore(context.Request) ?? otherwise);
}
