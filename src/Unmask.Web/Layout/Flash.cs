using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Unmask.Web.Layout;

/// <summary>What the next page tells once: the outcome of a form that led there. A cookie carries it.</summary>
/// <param name="Kind">good, info, warning or error.</param>
/// <param name="Sentences">What happened.</param>
/// <param name="Href">Where to go from there; null for nowhere.</param>
/// <param name="Link">What that is called.</param>
public sealed record Flash(string Kind, IReadOnlyList<string> Sentences, string? Href = null, string? Link = null)
{
    private const string Cookie = "told";
    private const int Longest = 3000;

    /// <summary>Leaves it for the next page.</summary>
    public void Leave(HttpContext context)
    {
        var text = Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(this));
        var kept = text.Length <= Longest ? text : Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(this with { Sentences = [Sentences[0][..Math.Min(Sentences[0].Length, 800)]] }));
        context.Response.Cookies.Append(Cookie, kept, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict, MaxAge = TimeSpan.FromMinutes(1) });
    }

    /// <summary>Takes what the last form left; null for nothing.</summary>
    public static Flash? Take(HttpContext context)
    {
        if (context.Request.Cookies[Cookie] is not { } text) return null;
        if (!context.Response.HasStarted) context.Response.Cookies.Delete(Cookie);
        try
        {
            return JsonSerializer.Deserialize<Flash>(Encoding.UTF8.GetString(Convert.FromBase64String(text))) is { Sentences: not null, Kind: "good" or "info" or "warning" or "error" } flash
                && (flash.Href is null || (flash.Href.StartsWith('/') && !flash.Href.StartsWith("//", StringComparison.Ordinal))) ? flash : null;
        }
        catch (Exception notOurs) when (notOurs is FormatException or JsonException)
        {
            return null;
        }
    }
}
