using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Unmask.Web.Security;

/// <summary>
/// Limits of address and headers that are told in a sentence. The server's own are wider, for what goes beyond those is cut off without a word.
/// </summary>
internal static class SizeGuard
{
    private const int LongestAddress = 8 << 10;
    private const int LongestHeaders = 64 << 10;
    private const int MostHeaders = 100;

    /// <summary>Sets the server's own limits.</summary>
    public static void Widen(KestrelServerLimits limits)
    {
        limits.MaxRequestLineSize = 8 * LongestAddress;
        limits.MaxRequestHeadersTotalSize = 8 * LongestHeaders;
        limits.MaxRequestHeaderCount = 10 * MostHeaders;
        limits.MaxRequestBufferSize = 1 << 20;
    }

    /// <summary>What is too large; null where nothing is.</summary>
    public static Refusal? Of(HttpContext context)
    {
        var request = context.Request;
        if (context.Features.Get<IHttpRequestFeature>()?.RawTarget.Length is > LongestAddress and var length)
            return new(StatusCodes.Status414UriTooLong, $"The address has {length:N0} characters. At most {LongestAddress:N0} are accepted. Send long values in the body.");
        if (request.Headers.Count > MostHeaders) return new(StatusCodes.Status431RequestHeaderFieldsTooLarge, $"The request has {request.Headers.Count:N0} headers. At most {MostHeaders} are accepted.");
        if (request.Headers.Sum(header => header.Key.Length + header.Value.Sum(value => value?.Length ?? 0)) is > LongestHeaders and var bytes)
            return new(StatusCodes.Status431RequestHeaderFieldsTooLarge, $"The headers have {bytes:N0} characters. At most {LongestHeaders:N0} are accepted. Delete cookies of {request.Host.Host} that other programs set.");
        if (request.Query.Any(pair => Holds(pair.Key) || pair.Value.Any(Holds))) return new(StatusCodes.Status400BadRequest, "The address contains the character NUL (%00), which is not allowed.");
        return null;
    }

    private static bool Holds(string? text) => text is not null && text.Contains('\0', StringComparison.Ordinal);
}
