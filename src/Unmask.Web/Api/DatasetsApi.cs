using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Unmask.Core.Data;
using Unmask.Core.Datasets;
using Unmask.Core.Protocol;
using Unmask.Core.Protocol.Client;
using Unmask.Web.Insights;
using Unmask.Web.Layout;

namespace Unmask.Web.Api;

/// <summary>Datasets: list, upload, delete.</summary>
internal static class DatasetsApi
{
    public static void MapDatasets(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/datasets").WithTags("Datasets");
        group.MapGet("", (DatasetStore store) => store.All).WithSummary("All datasets, newest first.");
        group.MapGet("/{id}", (string id, DatasetStore store) => store.Find(id) is { } dataset ? Results.Ok(dataset) : Results.NotFound()).WithSummary("One dataset.").Produces<StoredDataset>();
        group.MapGet("/{id}/rows", async (string id, long? offset, int? limit, string? search, DatasetStore store, EngineProcess engine, HttpContext context) => store.Find(id) is not { } dataset ? Results.NotFound()
            : Results.Ok(await engine.AskAsync(new DataRowsRequest(store.PathOf(dataset), offset ?? 0, Math.Clamp(limit ?? 50, 1, DataRowsRequest.MostRows)) { Search = search }, cancellation: context.RequestAborted)))
            .WithSummary("Rows of the files.").Produces<DataTable>();
        group.MapGet("/{id}/statistics", async (string id, string? model, DatasetStore store, DatasetInsights insights, HttpContext context) => store.Find(id) is not { } dataset ? Results.NotFound()
            : Results.Ok(await insights.Of(dataset, model, stop: context.RequestAborted)))
            .WithSummary("Statistics of a dataset: row formats, columns, bad lines, duplicates, lengths; in tokens when a model is named.").Produces<DataInspection>();
        group.MapPost("/{id}/statistics/look", IResult (string id, string? model, DatasetStore store, DatasetInsights insights, HttpContext context) => store.Find(id) is not { } dataset ? Results.NotFound()
            : TypedResults.ServerSentEvents(EngineStream.Of(async (send, stop) => new { (await insights.Of(dataset, model, progress => send("progress", progress), stop)).Rows }, context)))
            .WithSummary("Computes the statistics and streams the progress: events 'progress', then 'result' or 'error'. Closing the connection cancels the computation.");
        group.MapGet("/{id}/render", async (string id, string? model, int? max_length, bool? noise, DatasetStore store, DatasetInsights insights, EngineProcess engine, HttpContext context) => store.Find(id) is not { } dataset ? Results.NotFound()
            : Results.Ok(await engine.AskAsync(new RenderRequest(insights.Settings(dataset, model, max_length)) { Noise = noise ?? false }, cancellation: context.RequestAborted)))
            .WithSummary("The first rows as the tokens of training.").Produces<RenderResult>();
        group.MapPut("/files/{name}", async (string name, HttpContext context, DatasetStore store) =>
        {
            context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = null;
            store.CheckRoom(context.Request.ContentLength);
            var dataset = await store.Add(name, context.Request.Body, "upload", context.RequestAborted);
            return Results.Created($"/api/datasets/{dataset.Id}", dataset);
        }).WithSummary("Adds a file as a new dataset; the body is the content of the file.").Produces<StoredDataset>(StatusCodes.Status201Created);
        group.MapPost("/samples/{id}", (string id, DatasetStore store) =>
        {
            var sample = SampleData.All.FirstOrDefault(sample => sample.Id == id);
            return sample is null ? Results.NotFound() : Results.Ok(store.Copy(sample.Path, sample.Title, "sample"));
        }).WithSummary("Adds a sample dataset.").Produces<StoredDataset>();
        group.MapDelete("/{id}", (string id, DatasetStore store, DatasetUsers users) =>
        {
            if (store.Find(id) is not { } dataset) return Results.NotFound();
            store.Delete(id, [.. users.Of(dataset).Select(user => user.Title)]);
            return Results.NoContent();
        }).WithSummary("Deletes a dataset that is not in use.");

        // The same from the forms of the pages, which work without scripts, too.
        var pages = routes.MapGroup("/datasets").ExcludeFromDescription();
        pages.MapPost("/upload", async (HttpContext context, DatasetStore store) =>
        {
            context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = null;
            store.CheckRoom(context.Request.ContentLength);
            var dataset = await Upload(context.Request, store, context.RequestAborted);
            return Results.Redirect($"/datasets/{dataset.Id}");
        });
        pages.MapPost("/samples/{id}", (string id, DatasetStore store) =>
            SampleData.All.FirstOrDefault(sample => sample.Id == id) is { } sample ? Results.Redirect($"/datasets/{store.Copy(sample.Path, sample.Title, "sample").Id}") : Results.NotFound());
        pages.MapPost("/{id}/delete", (string id, HttpContext context, DatasetStore store, DatasetUsers users) =>
        {
            if (store.Find(id) is not { } dataset) return Results.NotFound();
            store.Delete(id, [.. users.Of(dataset).Select(user => user.Title)]);
            new Flash("good", [$"{dataset.Title} was deleted."]).Leave(context);
            return Results.Redirect("/datasets");
        });
    }

    /// <summary>Takes the first file of a multipart form in while it comes.</summary>
    private static async Task<StoredDataset> Upload(HttpRequest request, DatasetStore store, CancellationToken stop)
    {
        var file = await UploadedFile.In(request, stop) ?? throw new UserError("No file was selected. Select a file with rows.");
        await using (file.Content) return await store.Add(file.Name, file.Content, "upload", stop);
    }
}
