using System.Net;
using System.Net.Http.Headers;
using System.Web;
using Unmask.Tests;
using Xunit;

namespace Unmask.EndToEnd.Web;

/// <summary>A workbench lets in who has its token, and nobody else, on the network as on loopback, which other accounts of the machine reach.</summary>
public sealed class ListenTests
{
    [Theory, InlineData("127.0.0.1"), InlineData("0.0.0.0")]
    public async Task Only_the_token_opens_it_and_only_its_own_pages_change_anything(string address)
    {
        await using var server = await Server.Start(arguments: ["--listen", address]);
        var printed = new Uri(server.Entry);
        var token = server.Token!;
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
            Assert.Contains("requires a token: open the address that `unmask serve` printed", await refused.Content.ReadAsStringAsync());
        }

        using (var asked = new HttpRequestMessage(HttpMethod.Get, "/runs?archived=true") { Headers = { { "Accept", "text/html" } } })
        using (var gate = await stranger.SendAsync(asked))
        {
            var text = await gate.Content.ReadAsStringAsync();
            Assert.Equal(HttpStatusCode.Unauthorized, gate.StatusCode);
            Assert.Contains("open the address that `unmask serve` printed, or paste the token here", HttpUtility.HtmlDecode(text), StringComparison.Ordinal);
            Assert.Contains("<form method=\"post\" action=\"/token\"", text, StringComparison.Ordinal);
            Assert.Contains("frame-ancestors 'none'", gate.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        }

        foreach (var (pasted, where) in ((string, string)[])[(token, "/runs?archived=true"), (server.Entry, "/runs?archived=true"), (token, "//evil.example"), (token, "/\\evil.example"), (new string('0', 32), "/"), ("", "/")])
        {
            using var form = new FormUrlEncodedContent([KeyValuePair.Create("token", pasted), KeyValuePair.Create("next", where)]);
            using var answer = await stranger.PostAsync("/token", form);
            var isRight = pasted.Contains(token, StringComparison.Ordinal);
            Assert.Equal(isRight ? HttpStatusCode.SeeOther : HttpStatusCode.Unauthorized, answer.StatusCode);
            if (isRight) Assert.Equal(where.Contains("evil", StringComparison.Ordinal) ? "/" : where, answer.Headers.Location!.ToString());
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

        // Who comes from another site or a file is led on by a page of ours: no browser would send the cookie along with the redirect.
        using (var linked = new HttpRequestMessage(HttpMethod.Get, $"/?token={token}") { Headers = { { "Sec-Fetch-Site", "cross-site" }, { "Sec-Fetch-Mode", "navigate" }, { "Sec-Fetch-Dest", "document" } } })
        using (var welcome = await stranger.SendAsync(linked)) Assert.Equal((HttpStatusCode.OK, "0;url=/"), (welcome.StatusCode, welcome.Headers.GetValues("Refresh").Single()));
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
    public async Task The_browser_is_opened_with_an_address_that_works_once()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The stand-in for the browser is a script in the place of xdg-open.");
        if (OperatingSystem.IsWindows()) return;
        using var place = new Workplace();
        await File.WriteAllTextAsync(place.In("xdg-open"), $"#!/bin/sh\necho \"$@\" > {place.In("opened.part")}\nmv {place.In("opened.part")} {place.In("opened")}\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(place.In("xdg-open"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var environment = new Dictionary<string, string> { ["PATH"] = place.In("") + Path.PathSeparator + Environment.GetEnvironmentVariable("PATH") };
        await using var server = await Server.Start(environment: environment, arguments: ["--open"]);
        using var handler = new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false };
        using var visitor = new HttpClient(handler);
        var first = await Opened();
        await Executable.Run(["serve", "--home", server.Home, "--open"], folder: null, environment: environment);
        var second = await Opened();

        Assert.NotEqual(first, second);
        foreach (var address in (string[])[first, second])
        {
            Assert.StartsWith(server.Address + "/?once=", address, StringComparison.Ordinal);
            Assert.DoesNotContain(server.Token!, address, StringComparison.Ordinal);
            using var welcome = await visitor.GetAsync(address, TestContext.Current.CancellationToken);
            Assert.Equal((HttpStatusCode.Redirect, "/"), (welcome.StatusCode, welcome.Headers.Location!.ToString()));
            Assert.Contains(server.Token!, welcome.Headers.GetValues("Set-Cookie").Single(), StringComparison.Ordinal);
            using var again = await visitor.GetAsync(address, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Unauthorized, again.StatusCode);
            Assert.False(again.Headers.Contains("Set-Cookie"));
            Assert.Contains("was already used", await again.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }

        async Task<string> Opened()
        {
            for (var patience = 0; !File.Exists(place.In("opened")) && patience < 200; patience++) await Task.Delay(50, TestContext.Current.CancellationToken);
            var address = (await File.ReadAllTextAsync(place.In("opened"), TestContext.Current.CancellationToken)).Trim();
            File.Delete(place.In("opened"));
            return address;
        }
    }

    [Fact]
    public async Task Without_a_token_it_is_open_to_this_machine_only_and_still_closed_to_other_sites()
    {
        await using var server = await Server.Start(arguments: ["--no-token"]);

        Assert.Null(server.Token);
        Assert.Equal(HttpStatusCode.OK, await Status("/runs"));
        Assert.Equal(HttpStatusCode.Forbidden, await Status("/hub?find=words", "cross-site", "no-cors", "image"));
        Assert.Equal(HttpStatusCode.Forbidden, await Status("/api/hub/search?kind=model&words=x", "same-site", "cors", "empty"));
        Assert.Equal(HttpStatusCode.Forbidden, await Status("/computer?measure=true", "cross-site", "navigate", "document"));
        Assert.Equal(HttpStatusCode.Forbidden, await Status("/runs", "cross-site", "navigate", "iframe"));
        Assert.Equal(HttpStatusCode.OK, await Status("/runs", "cross-site", "navigate", "document"));
        Assert.Equal(HttpStatusCode.OK, await Status("/runs", "same-origin", "cors", "empty"));

        async Task<HttpStatusCode> Status(string path, string? site = null, string? mode = null, string? dest = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            foreach (var (name, value) in ((string, string?)[])[("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", dest)]) if (value is not null) request.Headers.Add(name, value);
            using var response = await server.Client.SendAsync(request);
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task Ctrl_C_ends_it_soon_whatever_is_open_and_a_Hub_that_hangs()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no kill there.");
        using var asked = new SemaphoreSlim(0);
        using var over = new ManualResetEventSlim();
        using var hanging = new LoopbackServer((_, _) =>
        {
            asked.Release();
            over.Wait(TimeSpan.FromSeconds(30));
        });
        await using var server = await Server.Start(environment: new Dictionary<string, string> { ["HF_ENDPOINT"] = hanging.Address });
        using var stream = await server.Client.GetAsync("/api/stream", HttpCompletionOption.ResponseHeadersRead);
        using var order = new StringContent("{\"kind\":\"model\",\"name\":\"a/b\"}", System.Text.Encoding.UTF8, "application/json");
        using var begun = await server.Client.PostAsync("/api/hub/transfers", order);
        Assert.Equal(HttpStatusCode.Accepted, begun.StatusCode);
        Assert.True(await asked.WaitAsync(TimeSpan.FromSeconds(20)));

        Assert.Equal(0, await server.Interrupt(TimeSpan.FromSeconds(15)));
        over.Set();
    }

    [Fact]
    public async Task What_cannot_be_served_is_told_in_a_sentence()
    {
        await using var server = await Server.Start();
        var file = Path.Combine(server.Home, "file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);
        var other = Path.Combine(server.Home, "other");

        Assert.Equal($"The workbench of {server.Home} runs already at {server.Entry}; open that address, stop it first, or name another home folder with --home.", await Told("--home", server.Home));
        Assert.StartsWith($"Port {new Uri(server.Address).Port} is in use.", await Told("--home", other, "--port", $"{new Uri(server.Address).Port}"), StringComparison.Ordinal);
        Assert.StartsWith("This machine has no address 192.0.2.1;", await Told("--home", other, "--listen", "192.0.2.1"), StringComparison.Ordinal);
        foreach (var (odd, start) in ((string, string)[])[("999.1.1.1", "--listen is 999.1.1.1, which is not an IP address."), ("1.2.3.4.5", "--listen is 1.2.3.4.5, which is not an IP address."), ("no-such-machine.invalid", "--listen is no-such-machine.invalid, and no machine of that name is known here;"), ("a b", "--listen is a b. It must be an IP address")])
            Assert.StartsWith(start, await Told("--home", other, "--listen", odd), StringComparison.Ordinal);
        Assert.StartsWith("--no-token disables the access token, and --listen 0.0.0.0 opens", await Told("--home", other, "--no-token", "--listen", "0.0.0.0"), StringComparison.Ordinal);
        Assert.StartsWith($"{file} is a file;", await Told("--home", file), StringComparison.Ordinal);
        Assert.StartsWith($"The folder {Path.Combine(file, "home")} cannot be created: {file} is a file.", await Told("--home", Path.Combine(file, "home")), StringComparison.Ordinal);

        static async Task<string> Told(params string[] arguments)
        {
            var outcome = await Executable.Run(["serve", .. arguments.Contains("--port") ? [] : (string[])["--port", "0"], .. arguments]);
            Assert.Equal(2, outcome.Code);
            return Assert.Single(outcome.ErrorLines);
        }
    }
}
