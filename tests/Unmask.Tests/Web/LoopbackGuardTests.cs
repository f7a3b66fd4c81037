using Microsoft.AspNetCore.Http;
using Unmask.Web.Security;
using Xunit;

namespace Unmask.Tests.Web;

public sealed class LoopbackGuardTests
{
    [Theory]
    [InlineData("GET", "localhost:8337", null, null, true)]
    [InlineData("GET", "127.0.0.1:8337", null, null, true)]
    [InlineData("GET", "[::1]:8337", null, null, true)]
    [InlineData("GET", "evil.example", null, null, false)]
    [InlineData("GET", "127.0.0.1.evil.example", null, null, false)]
    [InlineData("POST", "127.0.0.1:8337", null, null, true)]
    [InlineData("POST", "127.0.0.1:8337", "http://127.0.0.1:8337", "same-origin", true)]
    [InlineData("POST", "127.0.0.1:8337", "http://127.0.0.1:9000", null, false)]
    [InlineData("POST", "127.0.0.1:8337", "https://127.0.0.1:8337", null, false)]
    [InlineData("POST", "127.0.0.1:8337", "null", null, false)]
    [InlineData("DELETE", "127.0.0.1:8337", null, "cross-site", false)]
    [InlineData("PUT", "127.0.0.1:8337", null, "same-site", false)]
    [InlineData("PUT", "127.0.0.1:8337", null, "none", true)]
    public void Only_this_machine_and_its_own_pages_may(string method, string host, string? origin, string? site, bool passes)
    {
        var request = new DefaultHttpContext().Request;
        (request.Method, request.Host, request.Scheme) = (method, new HostString(host), "http");
        if (origin is not null) request.Headers.Origin = origin;
        if (site is not null) request.Headers["Sec-Fetch-Site"] = site;

        Assert.Equal(passes, LoopbackGuard.Refusal(request, loopback: true) is null);
    }
}
