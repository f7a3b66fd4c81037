using System.Net;
using Microsoft.AspNetCore.Http;
using Unmask.Web.Security;
using Xunit;

namespace Unmask.Tests.Web;

public sealed class SiteGuardTests
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

        Assert.Equal(passes, SiteGuard.Refusal(request, new OwnNames(IPAddress.Loopback, null, "gpubox")) is null);
    }

    [Theory]
    [InlineData("0.0.0.0", null, "192.168.1.5:8337", true)]
    [InlineData("0.0.0.0", null, "[fd00::5]:8337", true)]
    [InlineData("0.0.0.0", null, "localhost:8337", true)]
    [InlineData("0.0.0.0", null, "GPUBOX:8337", true)]
    [InlineData("0.0.0.0", null, "gpubox.local", true)]
    [InlineData("0.0.0.0", null, "gpubox.example", false)]
    [InlineData("0.0.0.0", "gpubox.example", "gpubox.example:8337", true)]
    [InlineData("0.0.0.0", "gpubox.example", "gpubox.example.evil.example", false)]
    [InlineData("0.0.0.0", null, "", false)]
    [InlineData("::", null, "192.168.1.5", true)]
    [InlineData("192.168.1.5", null, "192.168.1.5:8337", true)]
    [InlineData("192.168.1.5", null, "192.168.1.6:8337", false)]
    [InlineData("192.168.1.5", null, "localhost:8337", false)]
    [InlineData("192.168.1.5", null, "evil.example", false)]
    [InlineData("127.0.0.1", null, "gpubox", false)]
    public void Only_the_names_that_the_workbench_has_are_answered_to(string address, string? given, string host, bool passes)
    {
        var request = new DefaultHttpContext().Request;
        (request.Method, request.Host) = ("GET", new HostString(host));

        var refusal = SiteGuard.Refusal(request, new OwnNames(IPAddress.Parse(address), given, "gpubox"));

        Assert.Equal(passes, refusal is null);
        if (refusal is not null) Assert.Contains($"was asked for as {request.Host.Host}.", refusal, StringComparison.Ordinal);
    }
}
