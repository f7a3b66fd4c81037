using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Unmask.Core.Data;
using Unmask.Core.Datasets;
using Unmask.Core.Service;
using Unmask.Primitives;
using Unmask.Web.Insights;
using Unmask.Web.Layout;

namespace Unmask.Web.Api;

/// <summary>Datasets: list, upload, delete.</summary>
internal static class DatasetsApi
{
    public static void MapDatasets(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/datasets").WithTags("Datasets");
        group.MapGet("", (DatasetShelf shelf) => shelf.All).WithSummary("All datasets, the last added first.");
        group.MapGet("/{id}", (string id, DatasetShelf shelf) => shelf.Find(id) is { } dataset ? Results.Ok(dataset) : Results.NotFound()).WithSummary("One dataset.").Produces<StoredDataset>();
        group.MapGet("/{id}/rows", async (string id, long? offset, int? limit, string? search, DatasetShelf shelf, EngineProcess engine, HttpContext context) => shelf.Find(id) is not { } dataset ? Results.NotFound()
            : Results.Ok(await engine.AskAsync(new DataRowsRequest(shelf.PathOf(dataset), offset ?? 0, Math.Clamp(limit ?? 50, 1, DataRowsRequest.MostRows)) { Search = search }, cancellation: context.RequestAborted)))
            .WithSummary("Rows as they lie in the files.").Produces<DataTable>();
        group.MapGet("/{id}/statistics", async (string id, string? model, DatasetShelf shelf, DatasetInsights insights, HttpContext context) => shelf.Find(id) is not { } dataset ? Results.NotFound()
            : Results.Ok(await insights.Of(dataset, model, stop: context.RequestAborted)))
            .WithSummary("What is in it: rules, columns, bad lines, duplicates, lengths; tokens of a model where one is named.").Produces<DataInspection>();
        group.MapPost("/{id}/statistics/look", IResult (string id, string? model, DatasetShelf shelf, DatasetInsights insights, HttpContext context) => shelf.Find(id) is not { } dataset ? Results.NotFound()
            : TypedResults.ServerSentEvents(EngineStream.Of(async (send, stop) => new { (await insights.Of(dataset, model, progress => send("progress", progress), stop)).Rows }, context)))
            .WithSummary("Looks through it for the statistics, and streams how far it is: events 'progress', then 'result' or 'error'. Closing the connection stops the look.");
        group.MapGet("/{id}/render", async (string id, string? model, int? max_length, bool? noise, DatasetShelf shelf, DatasetInsights insights, EngineProcess engine, HttpContext context) => shelf.Find(id) is not { } dataset ? Results.NotFound()
            : Results.Ok(await engine.AskAsync(new RenderRequest(insights.Settings(dataset, model, max_length)) { Noise = noise ?? false }, cancellation: context.RequestAborted)))
            .WithSummary("The first rows as the tokens that training sees.").Produces<RenderResult>();
        group.MapPut("/files/{name}", async (string name, HttpContext context, DatasetShelf shelf) =>
        {
            context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = null;
            shelf.CheckRoom(context.Request.ContentLength);
            var dataset = await shelf.Add(name, context.Request.Body, "upload", context.RequestAborted);
            return Results.Created($"/api/datasets/{dataset.Id}", dataset);
        }).WithSummary("Takes a file in as a new dataset; its bytes are the body.").Produces<StoredDataset>(StatusCodes.Status201Created);
        group.MapPost("/samples/{id}", (string id, DatasetShelf shelf) =>
        {
            var sample = SampleData.All.FirstOrDefault(sample => sample.Id == id);
            return sample is null ? Results.NotFound() : Results.Ok(shelf.Copy(sample.Path, sample.Title, "sample"));
        }).WithSummary("Takes one of the datasets that come with the program.").Produces<StoredDataset>();
        group.MapDelete("/{id}", (string id, DatasetShelf shelf, DatasetUsers users) =>
        {
            if (shelf.Find(id) is not { } dataset) return Results.NotFound();
            shelf.Delete(id, [.. users.Of(dataset).Select(user => user.Title)]);
            return Results.NoContent();
        }).WithSummary("Deletes a dataset that nothing uses.");

        // The same from the forms of the pages, which work without scripts, too.
        var pages = routes.MapGroup("/datasets").ExcludeFromDescription();
        pages.MapPost("/upload", async (HttpContext context, DatasetShelf shelf) =>
        {
            context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = null;
            shelf.CheckRoom(context.Request.ContentLength);
            var dataset = await Upload(context.Request, shelf, context.RequestAborted);
            return Results.Redirect($"/datasets/{dataset.Id}");
        });
        pages.MapPost("/samples/{id}", (string id, DatasetShelf shelf) =>
            SampleData.All.FirstOrDefault(sample => sample.Id == id) is { } sample ? Results.Redirect($"/datasets/{shelf.Copy(sample.Path, sample.Title, "sample").Id}") : Results.NotFound());
        pages.MapPost("/{id}/delete", (string id, HttpContext context, DatasetShelf shelf, DatasetUsers users) =>
        {
            if (shelf.Find(id) is not { } dataset) return Results.NotFound();
            shelf.Delete(id, [.. users.Of(dataset).Select(user => user.Title)]);
            new Flash("good", [$"{dataset.Title} was deleted."]).Leave(context);
            return Results.Redirect("/datasets");
        });
    }

    /// <summary>Takes the first file of a multipart form in while it comes.</summary>
    private static async Task<StoredDataset> Upload(HttpRequest request, DatasetShelf shelf, CancellationToken stop)
    {
        var file = await UploadedFile.In(request, stop) ?? throw new UserError("No file was chosen; choose one with rows.");
        await using (file.Content) return await shelf.Add(file.Name, file.Content, "upload", stop);
    }
}
