using System.Net;
using Microsoft.Playwright;
using Xunit;

namespace Unmask.EndToEnd.Web;

/// <summary>What every page must hold, looked at in a real browser.</summary>
public sealed class PageTests(Browser browser, EmptyWorkbench workbench) : IClassFixture<EmptyWorkbench>
{
    private readonly Server server = workbench.Server;

    private const int MostBytes = 120 * 1024;
    private const int MostRequests = 10;

    /// <summary>Every page that is there without anything having been made.</summary>
    private static readonly string[] pages = ["/", "/train", "/train/new", "/runs", "/compare", "/datasets", "/chat", "/models", "/plugins", "/hub", "/computer", "/settings", "/styleguide", "/nothing-here"];

    [Fact]
    public async Task Every_page_is_accessible_in_both_themes_fits_a_phone_and_asks_no_other_host()
    {
        List<string> found = [];
        var page = await browser.Open(server);
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(server.Address, StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal) && !request.Url.StartsWith("blob:", StringComparison.Ordinal)) found.Add($"asks {request.Url}");
        };
        page.PageError += (_, error) => found.Add($"script: {error}");
        page.Console += (_, message) => { if (message.Type == "error" && !message.Text.Contains("404", StringComparison.Ordinal)) found.Add($"console: {message.Text}"); };
        foreach (var path in pages)
        {
            await page.GotoAsync(server.Address + path);
            await page.WaitForFunctionAsync("document.querySelectorAll('h1').length === 1");
            found.AddRange(await Accessibility.Violations(page));
            found.AddRange(await Accessibility.TooWide(page, 390, 3840));
        }

        Assert.Empty(found);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/train/new")]
    public async Task The_first_visit_is_light(string path)
    {
        var page = await browser.Open(server);
        var session = await page.Context.NewCDPSessionAsync(page);
        await session.SendAsync("Network.enable");
        var (bytes, requests) = (0.0, 0);
        session.Event("Network.loadingFinished").OnEvent += (_, message) => { bytes += message!.Value.GetProperty("encodedDataLength").GetDouble(); requests++; };

        await page.GotoAsync(server.Address + path, new PageGotoOptions { WaitUntil = WaitUntilState.Load });
        await page.WaitForTimeoutAsync(500);

        Assert.InRange(bytes, 1, MostBytes);
        Assert.InRange(requests, 1, MostRequests);
    }

    [Theory, InlineData("/templates/none"), InlineData("/runs/none"), InlineData("/models/none"), InlineData("/datasets/none")]
    public async Task What_is_not_there_is_told(string path)
    {
        using var response = await workbench.Server.Client.GetAsync(path, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Theory, InlineData("/runs?page=abc"), InlineData("/train/new?saved=maybe")]
    public async Task An_address_with_a_value_that_cannot_be_read_is_told_with_the_way_out(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Accept", "text/html" } } };
        using var response = await workbench.Server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        var page = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("A value in the address of this page cannot be read", page, StringComparison.Ordinal);
        Assert.Contains($"href=\"{path.Split('?')[0]}\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TensorBoard_starts_by_its_button_and_the_queue_takes_words_that_it_knows()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("The stand-in for TensorBoard is a script.");
            return;
        }

        using var place = new Workplace();
        File.WriteAllText(place.In("tensorboard"), "#!/bin/sh\nenv > \"$2/env.txt\"\nexec sleep 60\n");
        File.SetUnixFileMode(place.In("tensorboard"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await using var own = await Server.Start(environment: new Dictionary<string, string> { ["PATH"] = place.In("") + Path.PathSeparator + Environment.GetEnvironmentVariable("PATH"), ["HF_TOKEN"] = "hf_secret", ["WANDB_API_KEY"] = "secret" });
        var page = await own.Client.GetStringAsync("/tensorboard", TestContext.Current.CancellationToken);
        Assert.Contains("action=\"/tensorboard/start\"", page, StringComparison.Ordinal);
        var token = page.Split("__RequestVerificationToken\" value=\"")[1].Split('"')[0];

        Assert.Contains("TensorBoard is running", await Post("/tensorboard/start"), StringComparison.Ordinal);
        Assert.Contains("There is no action puase for the queue; use pause or resume.", await Post("/queue/puase"), StringComparison.Ordinal);

        var environment = Path.Combine(own.Home, "runs", "env.txt");
        for (var patience = 0; !File.Exists(environment) && patience < 100; patience++) await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.DoesNotContain("secret", await File.ReadAllTextAsync(environment, TestContext.Current.CancellationToken), StringComparison.Ordinal);

        async Task<string> Post(string path)
        {
            using var form = new FormUrlEncodedContent([KeyValuePair.Create("__RequestVerificationToken", token)]);
            using var response = await own.Client.PostAsync(path, form);
            return await response.Content.ReadAsStringAsync();
        }
    }

    [Fact]
    public async Task Other_sites_are_kept_out()
    {

        Assert.Equal(HttpStatusCode.Forbidden, await Status(server, HttpMethod.Get, "/", ("Host", "evil.example")));
        Assert.Equal(HttpStatusCode.Forbidden, await Status(server, HttpMethod.Delete, "/api/datasets/a", ("Origin", "http://evil.example")));
        Assert.Equal(HttpStatusCode.Forbidden, await Status(server, HttpMethod.Post, "/datasets/a/delete", ("Sec-Fetch-Site", "cross-site")));
        Assert.Equal(HttpStatusCode.NotFound, await Status(server, HttpMethod.Delete, "/api/datasets/a", ("Origin", server.Address)));
        Assert.Equal(HttpStatusCode.NotFound, await Status(server, HttpMethod.Get, "/api/datasets/..%2F..%2Fetc", ("Accept", "*/*")));
        using var led = new HttpRequestMessage(HttpMethod.Get, new Uri($"{server.Address}//evil.example/x")) { Headers = { { "Accept", "text/html" }, { "Sec-Fetch-Site", "cross-site" }, { "Sec-Fetch-Mode", "navigate" }, { "Sec-Fetch-Dest", "document" } } };
        using var asked = await server.Client.SendAsync(led, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Forbidden, asked.StatusCode);
        Assert.DoesNotContain("\"//evil", await asked.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private static async Task<HttpStatusCode> Status(Server server, HttpMethod method, string path, (string Name, string Value) header)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.TryAddWithoutValidation(header.Name, header.Value);
        using var response = await server.Client.SendAsync(request);
        return response.StatusCode;
    }
}
