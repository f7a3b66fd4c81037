using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Unmask.Web.Security;

namespace Unmask.Web.Layout;

/// <summary>
/// What the next page tells once: the outcome of a form that led there. A cookie carries it, sealed, since every program of this host can set cookies for it.
/// </summary>
/// <param name="Kind">good, info, warning or error.</param>
/// <param name="Sentences">What happened.</param>
/// <param name="Href">Where to go from there; null for nowhere.</param>
/// <param name="Link">What that is called.</param>
public sealed record Flash(string Kind, IReadOnlyList<string> Sentences, string? Href = null, string? Link = null)
{
    private const string Cookie = "flash";

    /// <summary>Bytes of JSON; sealed they are a third more, and browsers take 4,096.</summary>
    private const int Longest = 2400;

    /// <summary>Leaves it for the next page.</summary>
    public void Leave(HttpContext context)
    {
        var kept = JsonSerializer.SerializeToUtf8Bytes(this);
        for (var length = 800; kept.Length > Longest; length /= 2)
        {
            var first = Sentences[0];
            kept = JsonSerializer.SerializeToUtf8Bytes(this with { Sentences = [first.Length > length ? first[..length] + "…" : first] });
        }

        context.Response.Cookies.Append(Cookie, Convert.ToBase64String(Seal(context).Protect(kept)), new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict, MaxAge = TimeSpan.FromMinutes(1) });
    }

    /// <summary>Takes what the last form left; null for nothing.</summary>
    public static Flash? Take(HttpContext context)
    {
        if (context.Request.Cookies[Cookie] is not { } text) return null;
        if (!context.Response.HasStarted) context.Response.Cookies.Delete(Cookie);
        try
        {
            return JsonSerializer.Deserialize<Flash>(Seal(context).Unprotect(Convert.FromBase64String(text))) is { Sentences: not null, Kind: "good" or "info" or "warning" or "error" } flash
                && (flash.Href is null || LocalAddress.Is(flash.Href)) ? flash : null;
        }
        catch (Exception notOurs) when (notOurs is FormatException or JsonException or CryptographicException)
        {
            return null;
        }
    }

    private static IDataProtector Seal(HttpContext context) => context.RequestServices.GetRequiredService<IDataProtectionProvider>().CreateProtector(Cookie);
}
