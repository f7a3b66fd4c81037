using System.Net;
using System.Net.Http.Headers;
using System.Web;
using Xunit;

namespace Unmask.EndToEnd.Web;

/// <summary>A workbench that is open to the network lets in who has its token, and nobody else.</summary>
public sealed class ListenTests
{
    [Fact]
    public async Task Only_the_token_opens_it_and_only_its_own_pages_change_anything()
    {
        await using var server = await Server.Start(arguments: ["--listen", "0.0.0.0"]);
        var printed = new Uri(server.Address);
        var token = HttpUtility.ParseQueryString(printed.Query)["token"]!;
        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var visitor = new HttpClient(handler) { BaseAddress = new Uri($"http://127.0.0.1:{printed.Port}") };
        using var strangeHandler = new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false };
        using var stranger = new HttpClient(strangeHandler) { BaseAddress = visitor.BaseAddress };
        Assert.Equal(32, token.Length);

        // Nobody without it, wherever they knock, and whatever they call the machine.
        foreach (var path in (string[])["/", "/runs", "/api/runs", "/api/stream", "/openapi/v1.json", "/?token=" + new string('0', 32), "/?token="])
        {
            using var refused = await stranger.GetAsync(path);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
            Assert.Contains("asks for its token: open the address that `unmask serve` printed", await refused.Content.ReadAsStringAsync());
        }

        Assert.Equal(HttpStatusCode.Unauthorized, await Status(HttpMethod.Get, "/api/runs", ("Authorization", "Bearer " + token[..^1])));
        Assert.Equal(HttpStatusCode.OK, await Status(HttpMethod.Get, "/api/runs", ("Authorization", "Bearer " + token)));

        // A name that is not its own is that of another site, even with the token.
        Assert.Equal(HttpStatusCode.Forbidden, await Status(HttpMethod.Get, "/api/runs", ("Authorization", "Bearer " + token), ("Host", "evil.example")));
        Assert.Equal(HttpStatusCode.Forbidden, await Status(HttpMethod.Get, "/?token=" + token, ("Host", $"evil.example:{printed.Port}")));

        // The printed address leaves a cookie that no script can read and no other site sends, and the token leaves the address bar.
        using (var welcome = await visitor.GetAsync($"/?token={token}"))
        {
            Assert.Equal((HttpStatusCode.Redirect, "/"), (welcome.StatusCode, welcome.Headers.Location!.ToString()));
            var cookie = Assert.Single(welcome.Headers.GetValues("Set-Cookie"), cookie => cookie.Contains(token, StringComparison.Ordinal));
            Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
            Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        }

        using (var elsewhere = await stranger.GetAsync(new Uri($"http://127.0.0.1:{printed.Port}//evil.example/?token={token}"))) Assert.StartsWith("/evil", elsewhere.Headers.Location!.ToString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await Status(HttpMethod.Get, "/"));

        // With the cookie: no other site may change anything, and a form needs the token of a page.
        Assert.Equal(HttpStatusCode.Forbidden, await Status(HttpMethod.Delete, "/api/datasets/a", ("Origin", "http://evil.example")));
        Assert.Equal(HttpStatusCode.Forbidden, await Status(HttpMethod.Post, "/datasets/upload", ("Sec-Fetch-Site", "cross-site")));
        Assert.Equal(HttpStatusCode.BadRequest, await Status(HttpMethod.Post, "/datasets/a/delete"));
        Assert.Equal(HttpStatusCode.BadRequest, await Send("/datasets/upload"));
        Assert.Equal(HttpStatusCode.BadRequest, await Send("/datasets/upload?form=made-up"));
        var page = await visitor.GetStringAsync("/datasets");
        var action = HttpUtility.HtmlDecode(page.Split("action=\"").Skip(1).Select(rest => rest.Split('"')[0]).Single(address => address.StartsWith("/datasets/upload", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.Redirect, await Send(action));

        async Task<HttpStatusCode> Send(string address)
        {
            using var file = new StringContent("{\"prompt\": \"a\", \"response\": \"b\"}\n");
            using var form = new MultipartFormDataContent { { file, "file", "rows.jsonl" } };
            using var response = await visitor.PostAsync(address, form);
            return response.StatusCode;
        }

        async Task<HttpStatusCode> Status(HttpMethod method, string path, params (string Name, string Value)[] headers)
        {
            using var request = new HttpRequestMessage(method, path);
            if (method == HttpMethod.Post) request.Content = new ByteArrayContent([]) { Headers = { ContentType = new MediaTypeHeaderValue("application/x-www-form-urlencoded") } };
            foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
            using var response = await visitor.SendAsync(request);
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task What_cannot_be_served_is_told_in_a_sentence()
    {
        await using var server = await Server.Start();
        var file = Path.Combine(server.Home, "file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);
        var other = Path.Combine(server.Home, "other");

        Assert.Equal($"The workbench of {server.Home} runs already at {server.Address}; open that address, stop it first, or name another home folder with --home.", await Told("--home", server.Home));
        Assert.StartsWith($"Port {new Uri(server.Address).Port} is in use;", await Told("--home", other, "--port", $"{new Uri(server.Address).Port}"), StringComparison.Ordinal);
        Assert.StartsWith("This machine has no address 192.0.2.1;", await Told("--home", other, "--listen", "192.0.2.1"), StringComparison.Ordinal);
        Assert.StartsWith($"{file} is a file;", await Told("--home", file), StringComparison.Ordinal);
        Assert.StartsWith($"The folder {Path.Combine(file, "home")} cannot be made: {file} is a file.", await Told("--home", Path.Combine(file, "home")), StringComparison.Ordinal);

        static async Task<string> Told(params string[] arguments)
        {
            var outcome = await Executable.Run(["serve", .. arguments.Contains("--port") ? [] : (string[])["--port", "0"], .. arguments]);
            Assert.Equal(2, outcome.Code);
            return Assert.Single(outcome.ErrorLines);
        }
    }
}
