using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Unmask.Web.Security;

/// <summary>The token that visitors from the network show once, in the address; a cookie keeps it. Programs send it as a bearer token.</summary>
public static class AccessToken
{
    private const string Cookie = "unmask-token";

    /// <summary>A new token of 128 random bits.</summary>
    public static string Create() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>Lets a request with the token pass; answers any other.</summary>
    /// <returns>Was it answered here?</returns>
    internal static async Task<bool> Answered(HttpContext context, string token)
    {
        var request = context.Request;
        if (Same(request.Cookies[Cookie], token) || Same(Bearer(request), token)) return false;
        if (Same(request.Query["token"], token))
        {
            context.Response.Cookies.Append(Cookie, token, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict, MaxAge = TimeSpan.FromDays(30) });
            context.Response.Redirect("/" + request.Path.ToString().TrimStart('/', '\\'));
            return true;
        }

        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync("This workbench is open to the network and asks for its token: open the address that `unmask serve` printed, or send the header Authorization: Bearer TOKEN.");
        return true;
    }

    private static string? Bearer(HttpRequest request) =>
        request.Headers.Authorization.ToString() is { } header && header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header["Bearer ".Length..].Trim() : null;

    private static bool Same(string? given, string token) => given is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(token));
}
