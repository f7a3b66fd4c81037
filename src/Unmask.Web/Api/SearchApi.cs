using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
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
    public static void MapSearch(this IEndpointRouteBuilder routes) => routes.MapGet("/api/search", () =>
        NavigationEntry.Project.Concat(NavigationEntry.Library).Select(entry => new SearchEntry(entry.Title, "page", entry.Path, entry.Alias)))
        .WithSummary("Everything that has an address.");
}
