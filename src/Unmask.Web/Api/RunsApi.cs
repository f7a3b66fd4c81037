using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Unmask.Core.Jobs;
using Unmask.Core.Jobs.Status;
using Unmask.Core.Parameters.Recipes;
using Unmask.Core.Runs.Indexing;
using Unmask.Core.Runs.Logs;

namespace Unmask.Web.Api;

/// <summary>Runs and the queue, for programs.</summary>
internal static class RunsApi
{
    /// <summary>A run to queue: by a template, or by a recipe.</summary>
    internal sealed record RunDraft(string? Template = null, string? Recipe = null, IReadOnlyList<string>? Set = null, string? Name = null);

    private const int LongestKey = 200;

    /// <summary>Changes of a run; what is left out stays.</summary>
    internal sealed record RunChange(string? Name = null, IReadOnlyList<string>? Tags = null, bool? Archived = null);

    /// <summary>Changes of a checkpoint.</summary>
    internal sealed record CheckpointChange(bool Kept);

    /// <summary>Changes of the queue; what is left out stays.</summary>
    internal sealed record QueueChange(bool? Paused = null, int? CpuSlots = null, IReadOnlyList<string>? Order = null);

    public static void MapRuns(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/runs").WithTags("Runs");
        group.AddEndpointFilter(async (context, next) =>
            context.HttpContext.GetRouteValue("id") is string id && context.HttpContext.RequestServices.GetRequiredService<RunScheduler>().Find(id) is null ? Results.NotFound() : await next(context));
        group.MapGet("", (RunScheduler scheduler) => scheduler.List()).WithSummary("All runs, newest first.");
        group.MapPost("", (RunDraft draft, HttpContext context, RunScheduler scheduler, Core.Templates.TemplateStore templates) =>
        {
            var key = context.Request.Headers["Idempotency-Key"].ToString();
            if (key.Length > LongestKey || key.Any(char.IsControl)) throw new UserError($"The header Idempotency-Key has {key.Length:N0} characters or a control character; use a word of 1 to {LongestKey} characters, such as a UUID.");
            var id = Queue(draft, key.Length > 0 ? key : null, scheduler, templates);
            return Results.Created($"/api/runs/{id}", scheduler.Find(id));
        }).WithSummary("Queues a run by a template or a recipe (YAML). A repeated Idempotency-Key creates no second run.").Produces<RunOverview>(StatusCodes.Status201Created);
        group.MapGet("/{id}", (string id, RunScheduler scheduler) => Results.Ok(scheduler.Find(id))).WithSummary("One run.").Produces<RunOverview>();
        group.MapPatch("/{id}", (string id, RunChange change, RunScheduler scheduler) =>
        {
            if (change.Name is { } name) scheduler.Rename(id, name);
            if (change.Tags is { } tags) scheduler.Tag(id, tags);
            if (change.Archived is { } archived) scheduler.Archive(id, archived);
            return Results.Ok(scheduler.Find(id));
        }).WithSummary("Renames, tags or archives a run.").Produces<RunOverview>();
        group.MapPost("/{id}/{verb}", (string id, string verb, RunScheduler scheduler) => Act(scheduler, id, verb) ? Results.Ok(scheduler.Find(id)) : Results.Problem($"There is no action {verb} for a run; use queue, stop, stop-now, kill, pause, resume or cancel.", statusCode: StatusCodes.Status404NotFound))
            .WithSummary("Actions: queue (a run that was found on disk), stop (save after the current step), stop-now, kill, pause, resume, cancel.").Produces<RunOverview>();
        group.MapGet("/{id}/series", (string id, string keys, int? most, long? from, long? to, RunScheduler scheduler) => scheduler.History(id) is { } history
            ? Results.Ok(history.Series(keys.Split(','), Math.Clamp(most ?? 1200, 4, 20_000), from ?? 0, to ?? long.MaxValue).ToDictionary(
                series => series.Key, series => series.Points.Select(point => new double?[] { point.Step, double.IsFinite(point.Value) ? point.Value : null })))
            : Results.NotFound()).WithSummary("Metrics as pairs of step and value, for all steps or those between from and to; long series are downsampled to about 'most' points that keep minima and maxima.");
        group.MapGet("/{id}/metrics.csv", (string id, RunScheduler scheduler) => scheduler.History(id) is { } history ? Results.Text(Csv(history), "text/csv") : Results.NotFound()).WithSummary("All metrics as a table.");
        group.MapGet("/{id}/log", (string id, long? after, int? limit, string? text, string? level, RunScheduler scheduler) => scheduler.History(id) is { } history
            ? Results.Ok(history.Log.Page(after ?? 0, Math.Clamp(limit ?? 1000, 1, 5000), new LogFilter(string.IsNullOrEmpty(text) ? null : text, string.IsNullOrEmpty(level) ? LogLineLevel.Raw : Choice.Of<LogLineLevel>(nameof(level), level))))
            : Results.NotFound()).WithSummary("Log lines after a given line; a negative number counts from the end.").Produces<LogPage>();
        group.MapGet("/{id}/log.txt", (string id, RunScheduler scheduler) => scheduler.History(id) is { } history && File.Exists(history.Log.Path)
            ? Results.File(InputFile.Open(history.Log.Path), "text/plain; charset=utf-8", $"{id}.txt")
            : Results.NotFound()).WithSummary("The whole log.");
        group.MapGet("/{id}/samples", (string id, RunScheduler scheduler) => scheduler.History(id) is { } history
            ? Results.Ok(history.SampleSteps.Select(history.SamplesAt).Where(samples => samples is not null))
            : Results.NotFound()).WithSummary("Samples for the fixed prompts at each evaluation.");
        group.MapGet("/{id}/checkpoints", (string id, RunScheduler scheduler) => scheduler.History(id) is { } history ? Results.Ok(history.Checkpoints) : Results.NotFound()).WithSummary("The checkpoints on disk.").Produces<IReadOnlyList<CheckpointRow>>();
        group.MapPatch("/{id}/checkpoints/{step:long}", (string id, long step, CheckpointChange change, RunScheduler scheduler) =>
        {
            scheduler.Storage.KeepCheckpoint(id, step, change.Kept);
            return Results.NoContent();
        }).WithSummary("Keeps a checkpoint regardless of save_total_limit, or allows its removal.");
        group.MapDelete("/{id}/checkpoints/{step:long}", (string id, long step, RunScheduler scheduler) => Results.Ok(new { Freed = scheduler.Storage.DeleteCheckpoint(id, step) })).WithSummary("Deletes a checkpoint of a run that is not active.");
        group.MapDelete("/{id}", (string id, RunScheduler scheduler) => Results.Ok(new { Freed = scheduler.Storage.Delete(id, RunParts.All) })).WithSummary("Deletes a run that is not active, with all its files.");
        group.MapGet("/{id}/config.yaml", (string id, RunScheduler scheduler) => scheduler.History(id) is { } history ? Results.Text(history.ConfigText, "application/yaml") : Results.NotFound()).WithSummary("Every setting.");

        var queue = routes.MapGroup("/api/queue").WithTags("Queue");
        queue.MapGet("", (RunScheduler scheduler) => new { scheduler.Queue.Settings.Paused, scheduler.Queue.Settings.CpuSlots, scheduler.Trouble, Lanes = scheduler.Queue.ListDevices(), Waiting = scheduler.Queue.List() }).WithSummary("Queued runs in order, and the active runs of each device.");
        queue.MapPatch("", (QueueChange change, RunScheduler scheduler) =>
        {
            if (change.Paused is { } paused) (paused ? (Action)scheduler.Queue.Pause : scheduler.Queue.Unpause)();
            if (change.CpuSlots is { } slots) scheduler.Queue.SetCpuSlots(slots);
            foreach (var id in change.Order ?? []) scheduler.Queue.MoveBefore(id, null);
            return Results.NoContent();
        }).WithSummary("Pauses or resumes the queue, sets the number of concurrent runs on the CPU, or reorders the queued runs.");
    }

    /// <summary>Queues a run.</summary>
    internal static string Queue(RunDraft draft, string? key, RunScheduler scheduler, Core.Templates.TemplateStore templates)
    {
        if (draft.Template is not { } id) return scheduler.Creator.Enqueue(Recipe.Parse(draft.Recipe ?? "", overrides: draft.Set).Checked(), null, draft.Name, key);
        var template = templates.Find(id) ?? throw new UserError($"There is no template {id}; it may have been deleted.");
        if (template.Problems.Count > 0) throw template.Unusable;
        return scheduler.Creator.Enqueue(Recipe.Load(templates.PathOf(id), draft.Set).Checked(), new RunOrigin(Template: id), draft.Name ?? template.Title, key);
    }

    /// <summary>Does what a verb says to a run.</summary>
    /// <returns>Is there such a verb?</returns>
    internal static bool Act(RunScheduler scheduler, string id, string verb)
    {
        Action? act = verb switch
        {
            "stop" => () => scheduler.Launcher.Stop(id, StopMode.AfterStep),
            "stop-now" => () => scheduler.Launcher.Stop(id, StopMode.Now),
            "kill" => () => scheduler.Launcher.Stop(id, StopMode.Kill),
            "pause" => () => scheduler.Launcher.Pause(id),
            "resume" => () => scheduler.Queue.Resume(id),
            "cancel" => () => scheduler.Queue.Cancel(id),
            "queue" => () => scheduler.Queue.AddFound(id),
            _ => null,
        };
        act?.Invoke();
        return act is not null;
    }

    private static string Csv(RunHistory history)
    {
        var keys = history.Keys;
        var rows = new SortedDictionary<long, double?[]>();
        foreach (var (series, column) in history.Series(keys, int.MaxValue).Select((series, column) => (series, column)))
        {
            foreach (var point in series.Points)
            {
                if (!rows.TryGetValue(point.Step, out var row)) rows[point.Step] = row = new double?[keys.Count];
                row[column] = point.Value;
            }
        }

        var text = new StringBuilder("step").AppendJoin("", keys.Select(key => "," + key)).Append('\n');
        foreach (var (step, values) in rows) text.Append(CultureInfo.InvariantCulture, $"{step}").AppendJoin("", values.Select(value => "," + value?.ToString("R", CultureInfo.InvariantCulture))).Append('\n');
        return text.ToString();
    }
}
