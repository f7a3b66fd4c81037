using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Unmask.Core.Datasets;
using Unmask.Core.Jobs;
using Unmask.Core.Templates;
using Unmask.Web.Layout;

namespace Unmask.Web.Api;

/// <summary>Something that search finds.</summary>
/// <param name="Title">Its name.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Href">Its address.</param>
/// <param name="Alias">Another name of it.</param>
public sealed record SearchEntry(string Title, string Kind, string Href, string? Alias = null);

/// <summary>What the search of the top bar chooses from.</summary>
internal static class SearchApi
{
    public static void MapSearch(this IEndpointRouteBuilder routes) => routes.MapGet("/api/search", (RunScheduler scheduler, TemplateStore templates, DatasetStore datasets) => (SearchEntry[])
    [
        .. NavigationEntry.Project.Concat(NavigationEntry.Library).Select(entry => new SearchEntry(entry.Title, "page", entry.Path, entry.Alias)),
        new("New run", "page", "/train/new"), new("Compare runs", "page", "/compare"),
        .. scheduler.List().Take(500).Select(run => new SearchEntry(run.Name, "run", $"/runs/{run.Id}", run.Id)),
        .. templates.All.Select(template => new SearchEntry(template.Title, "template", $"/templates/{template.Id}")),
        .. datasets.All.Select(dataset => new SearchEntry(dataset.Title, "dataset", $"/datasets/{dataset.Id}")),
    ]).WithSummary("All pages, runs, models and datasets.");
}
