using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Unmask.Web.Assets;

/// <summary>Serves the files of <see cref="AssetStore"/>.</summary>
internal static class AssetEndpoint
{
    public static void MapAssets(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/assets/{version}/{**path}", (string version, string path, HttpContext context) =>
        {
            if (AssetStore.Find(path) is not { } asset) return Results.NotFound();
            var headers = context.Response.Headers;
            // A file asked for by another version than ours comes all the same, but is not kept: it belongs to a page of an older or newer program.
            headers.CacheControl = version == AssetStore.Version ? "public, max-age=31536000, immutable" : "no-store";
            headers.Vary = "Accept-Encoding";
            if (asset.Compressed is not { } packed || !context.Request.Headers.AcceptEncoding.ToString().Contains("br", StringComparison.Ordinal)) return Results.Bytes(asset.Plain, asset.ContentType);
            headers.ContentEncoding = "br";
            return Results.Bytes(packed, asset.ContentType);
        }).ExcludeFromDescription();
}
