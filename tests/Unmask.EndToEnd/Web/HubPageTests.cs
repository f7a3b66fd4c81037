using System.Net.Http.Json;
using System.Text;
using System.Text.RegularExpressions;
using Unmask.Tests.Hub;
using Xunit;

namespace Unmask.EndToEnd.Web;

/// <summary>The pages of the Hub in a real browser, with a Hub on loopback.</summary>
public sealed class HubPageTests(Browser browser)
{
    [Fact]
    public async Task A_model_and_a_data_set_are_found_looked_at_and_downloaded()
    {
        using var place = new Workplace();
        await using var hub = await FakeHub.Start();
        await TinyModel.Make(place.In("tiny"), place);
        var model = hub.Add("org/tiny-bert");
        foreach (var file in Directory.GetFiles(place.In("tiny"))) model.With(Path.GetFileName(file), await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken), isLarge: file.EndsWith(".safetensors", StringComparison.Ordinal));
        hub.Add("org/rows", "datasets").With("README.md", "# rows").With("data/train-00000.jsonl", Encoding.UTF8.GetBytes("{\"prompt\":\"a\",\"response\":\"b\"}\n"));
        await using var server = await Server.Start(environment: new Dictionary<string, string> { ["HF_ENDPOINT"] = hub.Address, ["HF_HOME"] = place.In("hf"), ["HF_TOKEN"] = "" });
        var page = await browser.Open(server);

        await page.GotoAsync(server.Address + "/hub?find=tiny");
        await page.ClickAsync("a:has-text('org/tiny-bert')");
        await page.GetByText("model.safetensors").WaitForAsync();
        await page.ClickAsync("aside .primary");
        await page.Locator("[data-job][data-state=done]").WaitForAsync(new() { Timeout = 60_000 });
        await page.ClickAsync("[data-job] a:has-text('Open')");
        await page.ClickAsync("main a:has-text('org/tiny-bert')");
        await page.Locator("main:has-text('BertForMaskedLM')").WaitForAsync();

        await page.GotoAsync(server.Address + "/hub/datasets/org/rows");
        await page.ClickAsync("aside .primary");
        await page.Locator("[data-job][data-state=done]:has-text('org/rows')").WaitForAsync(new() { Timeout = 60_000 });
        await page.ClickAsync("[data-job]:has-text('org/rows') a");
        await page.WaitForURLAsync("**/datasets/rows");

        await server.Client.PostAsJsonAsync("/api/models", new { folder = place.In("tiny"), name = "mine" }, TestContext.Current.CancellationToken);
        await page.GotoAsync(server.Address + "/models/mine");
        await page.ClickAsync("main [data-dialog=push]");
        await page.FillAsync("#push-name", "me/mine");
        await page.Locator("#push .primary").ClickAsync();
        await page.Locator("[data-job][data-state=failed]:has-text('me/mine'):has-text('No token is set')").WaitForAsync();

        await page.GotoAsync(server.Address + "/hub/models/org/nothing");
        await page.GetByText("is missing on").WaitForAsync();
        Assert.Empty(hub.Wrongs);
    }

    [Fact]
    public async Task The_first_download_of_a_run_is_a_phase_of_it_with_its_bytes()
    {
        using var place = new Workplace();
        await using var hub = await FakeHub.Start();
        await TinyModel.Make(place.In("tiny"), place);
        var weights = await File.ReadAllBytesAsync(place.In("tiny/model.safetensors"), TestContext.Current.CancellationToken);
        var model = hub.Add("org/tiny-bert");
        foreach (var file in Directory.GetFiles(place.In("tiny"))) model.With(Path.GetFileName(file), await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken), isLarge: file.EndsWith(".safetensors", StringComparison.Ordinal));
        hub.StorageSpeed = weights.Length / 3;
        await using var server = await Server.Start(environment: new Dictionary<string, string> { ["HF_ENDPOINT"] = hub.Address, ["HF_HOME"] = place.In("hf"), ["HF_TOKEN"] = "" });
        var page = await browser.Open(server);

        var recipe = $"model: org/tiny-bert\ndataset: {place.In("rows.jsonl")}\ntrain_steps: 2\nbatch_size: 4\nmax_length: 128\ndtype: float32\nsample_count: 0\n";
        using var queued = await server.Client.PostAsJsonAsync("/api/runs", new { recipe }, TestContext.Current.CancellationToken);
        queued.EnsureSuccessStatusCode();
        await page.GotoAsync(server.Address + queued.Headers.Location!.ToString().Replace("/api", "", StringComparison.Ordinal));
        await page.Locator("[data-live=waiting]", new() { HasTextRegex = new Regex(@"^\s*downloading \d+% \([\d.]+ \w+ of [\d.]+ \w+\): org/tiny-bert, \d+ s left") }).WaitForAsync(new() { Timeout = 60_000 });
        await page.WaitForFunctionAsync("() => { const bar = document.querySelector('progress[data-live=phase]'); return bar && bar.value > 1 && bar.value <= bar.max; }");
        Assert.Equal("preparing", await page.Locator("main .pill").First.InnerTextAsync());

        await page.Locator("main .pill[data-state=succeeded]").First.WaitForAsync(new() { Timeout = 60_000 });
        Assert.Contains("\"event\":\"run_started\"", File.ReadLines(Directory.GetFiles(Path.Combine(server.Home, "runs"), "events.jsonl", SearchOption.AllDirectories).Single()).First(), StringComparison.Ordinal);
        Assert.Empty(hub.Wrongs);
    }
}
