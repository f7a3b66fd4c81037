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
    [InlineData("GET", "127.0.0.1:8337", null, "cross-site", false)]
    [InlineData("GET", "127.0.0.1:8337", null, "same-site", false)]
    [InlineData("GET", "127.0.0.1:8337", null, "same-origin", true)]
    [InlineData("GET", "127.0.0.1:8337", null, "none", true)]
    [InlineData("GET", "127.0.0.1:8337", "http://evil.example", null, false)]
    [InlineData("GET", "127.0.0.1:8337", "null", "cross-site", false)]
    public void Only_this_machine_and_its_own_pages_may(string method, string host, string? origin, string? site, bool passes)
    {
        var request = new DefaultHttpContext().Request;
        (request.Method, request.Host, request.Scheme) = (method, new HostString(host), "http");
        if (origin is not null) request.Headers.Origin = origin;
        if (site is not null) request.Headers["Sec-Fetch-Site"] = site;

        Assert.Equal(passes, SiteGuard.Refusal(request, new OwnNames(IPAddress.Loopback, null, "gpubox")) is null);
    }

    [Theory]
    [InlineData("/", "", true)]
    [InlineData("/runs/20260131-120000-a", "", true)]
    [InlineData("/", "?token=0123", true)]
    [InlineData("/hub", "?find=words", false)]
    [InlineData("/hub/models/x/y", "", false)]
    [InlineData("/computer", "?measure=true", false)]
    [InlineData("/datasets/a/render", "", false)]
    [InlineData("/api/runs", "", false)]
    [InlineData("/settings/diagnostics.zip", "", false)]
    [InlineData("/runs", "?find=a", false)]
    public void A_link_of_another_site_leads_to_pages_that_only_show(string path, string query, bool passes)
    {
        var request = new DefaultHttpContext().Request;
        (request.Method, request.Host, request.Path, request.QueryString) = ("GET", new HostString("127.0.0.1:8337"), path, new QueryString(query));
        foreach (var (name, value) in ((string, string)[])[("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")]) request.Headers[name] = value;

        Assert.Equal(passes, SiteGuard.Refusal(request, new OwnNames(IPAddress.Loopback, null, "gpubox")) is null);
        request.Headers["Sec-Fetch-Dest"] = "iframe";
        Assert.NotNull(SiteGuard.Refusal(request, new OwnNames(IPAddress.Loopback, null, "gpubox")));
    }

    [Fact]
    public void Doubled_headers_count_all()
    {
        var request = new DefaultHttpContext().Request;
        (request.Method, request.Host, request.Scheme) = ("POST", new HostString("127.0.0.1:8337"), "http");
        request.Headers.Origin = new(["http://127.0.0.1:8337", "http://evil.example"]);
        Assert.NotNull(SiteGuard.Refusal(request, new OwnNames(IPAddress.Loopback, null, "gpubox")));
        request.Headers.Origin = "http://127.0.0.1:8337";
        Assert.Null(SiteGuard.Refusal(request, new OwnNames(IPAddress.Loopback, null, "gpubox")));
        request.Headers["Sec-Fetch-Site"] = new(["same-origin", "cross-site"]);
        Assert.NotNull(SiteGuard.Refusal(request, new OwnNames(IPAddress.Loopback, null, "gpubox")));
    }

    [Theory]
    [InlineData("/runs", "?a=b", "/runs?a=b")]
    [InlineData("/a b/ü", "", "/a%20b/%C3%BC")]
    [InlineData("//evil.example/x", "", "/")]
    [InlineData("/\\evil.example", "", "/%5Cevil.example")]
    [InlineData("", "", "/")]
    public void What_was_asked_for_is_a_place_of_the_workbench(string path, string query, string place) => Assert.Equal(place, LocalAddress.Of(new PathString(path), new QueryString(query)));

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
    [InlineData("127.0.1.1", "box.example", "BOX.example:8337", true)]
    [InlineData("127.0.1.1", "box.example", "gpubox", false)]
    [InlineData("127.0.1.1", "box.example", "evil.example", false)]
    public void Only_the_names_that_the_workbench_has_are_answered_to(string address, string? given, string host, bool passes)
    {
        var request = new DefaultHttpContext().Request;
        (request.Method, request.Host) = ("GET", new HostString(host));

        var refusal = SiteGuard.Refusal(request, new OwnNames(IPAddress.Parse(address), given, "gpubox"));

        Assert.Equal(passes, refusal is null);
        if (refusal is not null) Assert.Contains($"the request names {request.Host.Host}.", refusal, StringComparison.Ordinal);
    }
}
