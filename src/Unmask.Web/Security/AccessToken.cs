using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Unmask.Web.Security;

/// <summary>
/// The token that a visitor shows once, in the address that is printed or in the field of the page without it; a cookie keeps it. Programs send it as a bearer token.
/// It is asked for on loopback, too: every account of a machine reaches its ports.
/// </summary>
public static class AccessToken
{
    /// <summary>Where the form of the page without the token is sent.</summary>
    internal const string FormPath = "/token";

    /// <summary>The parameter of the printed address.</summary>
    internal const string Parameter = "token";

    private const int LongestForm = 8192;

    /// <summary>A new token of 128 random bits.</summary>
    public static string Create() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>The cookie of a workbench. Ports of one host share their cookies, so its name holds the port.</summary>
    public static string CookieName(int port) => $"unmask-token-{port}";

    /// <summary>Lets a request with the token pass; answers any other.</summary>
    /// <returns>Was it answered here?</returns>
    internal static async Task<bool> Answered(HttpContext context, string token, SingleUseCode codes)
    {
        var request = context.Request;
        if (HttpMethods.IsPost(request.Method) && request.Path == FormPath)
        {
            await AnswerForm(context, token);
            return true;
        }

        bool reads = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        string? once = request.Query[SingleUseCode.Parameter];
        if (reads && (Same(request.Query[Parameter], token) || codes.Take(once)))
        {
            Keep(context, token);
            LeaveToken(context, Place(request));
            return true;
        }

        if (Same(request.Cookies[CookieName(PortOf(request))], token) || Same(Bearer(request), token)) return false;
        // Scripts and styles are the same for everybody.
        if (reads && request.Path.StartsWithSegments("/assets")) return false;
        await Refuse(context, once is null ? null : "This address was already used, or is older than a minute.");
        return true;
    }

    private static async Task AnswerForm(HttpContext context, string token)
    {
        var request = context.Request;
        if (request.HasFormContentType && request.ContentLength is <= LongestForm)
        {
            try
            {
                var form = await request.ReadFormAsync(context.RequestAborted);
                if (Same(TokenIn(form[Parameter].ToString()), token))
                {
                    Keep(context, token);
                    context.Response.StatusCode = StatusCodes.Status303SeeOther;
                    context.Response.Headers.Location = LocalAddress.OrHome(form["next"]);
                    return;
                }
            }
            catch (Exception unreadable) when (!context.RequestAborted.IsCancellationRequested && FormGuard.IsOfSender(unreadable))
            {
                // As good as a wrong one.
            }
        }

        await Refuse(context, "The token is not valid for this workbench.");
    }

    /// <summary>
    /// Leads to the page without the token in its address. A visitor whom another page led here comes by a page of ours: browsers send the cookie with no
    /// request that another site began, however often it is redirected.
    /// </summary>
    private static void LeaveToken(HttpContext context, string place)
    {
        if (!SiteGuard.IsForeign(context.Request)) context.Response.Redirect(place);
        else context.Response.Headers["Refresh"] = $"0;url={place}";
    }

    private static async Task Refuse(HttpContext context, string? wrong)
    {
        const string Sentence = "This workbench requires a token: open the address that `unmask serve` printed";
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        context.Response.Headers.WWWAuthenticate = "Bearer";
        context.Response.Headers.CacheControl = "no-store";
        if (GatePage.IsWanted(context.Request)) await GatePage.AskToken(context, wrong, $"{Sentence}, or paste the token here.");
        else await Results.Problem($"{(wrong is null ? "" : wrong + " ")}{Sentence}, or send the header Authorization: Bearer TOKEN.", statusCode: StatusCodes.Status401Unauthorized).ExecuteAsync(context);
    }

    private static void Keep(HttpContext context, string token) => context.Response.Cookies.Append(CookieName(PortOf(context.Request)), token,
        new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = context.Request.IsHttps, Path = "/", MaxAge = TimeSpan.FromDays(30) });

    /// <summary>Is it a parameter that lets in, and says nothing of what is asked for?</summary>
    internal static bool IsEntry(string parameter) => parameter is Parameter or SingleUseCode.Parameter;

    /// <summary>What was asked for, without the token.</summary>
    private static string Place(HttpRequest request)
    {
        var rest = request.Query.Where(pair => !IsEntry(pair.Key)).SelectMany(pair => pair.Value.Select(value => KeyValuePair.Create(pair.Key, value)));
        return QueryHelpers.AddQueryString("/" + request.Path.ToUriComponent().TrimStart('/', '\\'), rest);
    }

    /// <summary>The token in what a person pasted: the token, or the whole address.</summary>
    private static string TokenIn(string pasted)
    {
        var text = pasted.Trim();
        return text.IndexOf($"{Parameter}=", StringComparison.Ordinal) is >= 0 and var at ? text[(at + Parameter.Length + 1)..].Split('&', '#')[0] : text;
    }

    private static int PortOf(HttpRequest request) => request.Host.Port ?? (request.IsHttps ? 443 : 80);

    private static string? Bearer(HttpRequest request) =>
        request.Headers.Authorization.ToString() is { } header && header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header["Bearer ".Length..].Trim() : null;

    private static bool Same(string? given, string token) => given is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(token));
}
