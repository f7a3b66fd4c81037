using Microsoft.AspNetCore.Http;

namespace Unmask.Web.Security;

/// <summary>
/// Keeps other web sites away. The Host header must be a name of ours (a site whose name is made to resolve to this machine has another one). What changes something must
/// come from a page of ours (Origin), or from a program, which sends no Origin; and so must what only reads, for a question can cost as much as a change: it calls the Hub in
/// the person's name, loads a model, measures. A link on another site may lead to a page that does none of this.
/// </summary>
internal static class SiteGuard
{
    /// <summary>Pages that show what is there already, where no question stands behind their path.</summary>
    private static readonly string[] Plain = ["/", "/runs", "/train", "/templates", "/compare", "/datasets", "/models", "/settings", "/tensorboard", "/not-found"];

    /// <summary>The sentence for a request that is refused; null lets it pass.</summary>
    /// <param name="request">The request.</param>
    /// <param name="names">What the workbench is called.</param>
    public static string? Refusal(HttpRequest request, OwnNames names)
    {
        if (request.Headers.Host.Count > 1) return "The request has several Host headers. Send one Host header.";
        if (!names.Has(request.Host.Host)) return names.Refusal(request.Host.Host);

        var changes = !(HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method));
        var foreign = IsForeign(request);
        // A form that leads on to a page of ours may leave its Origin with it; the browser vouches for where it comes from.
        var vouched = !changes && !foreign && request.Headers["Sec-Fetch-Site"].Count > 0;
        if (!vouched && request.Headers.Origin.FirstOrDefault(origin => origin is { Length: > 0 } && !IsOurs(origin, request)) is { } stranger)
            return $"A page of {stranger} may not {(changes ? "change" : "ask")} anything here.";
        if (!foreign) return null;
        if (changes) return "A page of another site may not change anything here.";
        return IsVisit(request) && IsPlain(request) ? null : "A page of another site requested this page. Open the address directly.";
    }

    /// <summary>Does the browser say that another site, or another program of this machine, began the request?</summary>
    public static bool IsForeign(HttpRequest request) => request.Headers["Sec-Fetch-Site"].Any(site => site is not (null or "" or "same-origin" or "none"));

    /// <summary>Is it a link that a person follows, which fills the window?</summary>
    public static bool IsVisit(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) && request.Headers["Sec-Fetch-Mode"] is ["navigate"] && request.Headers["Sec-Fetch-Dest"] is ["document"];

    private static bool IsPlain(HttpRequest request)
    {
        var path = request.Path.Value ?? "";
        var isPage = Plain.Contains(path) || (path.Count('/') == 2 && (path.StartsWith("/runs/", StringComparison.Ordinal) || path.StartsWith("/templates/", StringComparison.Ordinal)));
        return isPage && request.Query.Keys.All(AccessToken.IsEntry);
    }

    private static bool IsOurs(string origin, HttpRequest request) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Scheme == request.Scheme && string.Equals(uri.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase);
}
