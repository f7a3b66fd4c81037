using Microsoft.AspNetCore.Http;

namespace Unmask.Web.Security;

/// <summary>
/// Keeps other web sites away. The Host header must be a name of ours (a site whose name is made to resolve to this machine has another one), and what changes something must come from a page of ours (Origin), or from a program, which sends no Origin.
/// </summary>
internal static class SiteGuard
{
    /// <summary>The sentence for a request that is refused; null lets it pass.</summary>
    /// <param name="request">The request.</param>
    /// <param name="names">What the workbench is called.</param>
    public static string? Refusal(HttpRequest request, OwnNames names)
    {
        if (!names.Has(request.Host.Host)) return names.Refusal(request.Host.Host);

        var site = request.Headers["Sec-Fetch-Site"].ToString();
        var changes = !(HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method));
        if (changes && request.Headers.Origin is [{ Length: > 0 } origin, ..] && !IsOurs(origin, request))
            return $"A page of {origin} may not change anything here.";
        if (changes && site is "cross-site" or "same-site") return "A page of another site may not change anything here.";
        return null;
    }

    private static bool IsOurs(string origin, HttpRequest request) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Scheme == request.Scheme && string.Equals(uri.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase);
}
