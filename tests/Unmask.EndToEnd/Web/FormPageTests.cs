using System.IO.Compression;
using System.Net.Http.Json;
using System.Text.Json;
using Xunit;

namespace Unmask.EndToEnd.Web;

/// <summary>The form of a training, the queue, the look and the disk, in a real browser.</summary>
public sealed class FormPageTests(Browser browser)
{
    [Fact]
    public async Task A_template_shows_what_is_changed_of_it_and_of_others()
    {
        await using var server = await Server.Start();
        await Add(server, "Eight", "model_size: tiny\nbatch_size: 8\n");
        await Add(server, "Nine", "model_size: tiny\nbatch_size: 9\nseed: 7\n");
        var page = await browser.Open(server);
        await page.GotoAsync(server.Address + "/templates/eight");
        await page.GetByText("0 differences").WaitForAsync();

        await page.FillAsync("#setting-batch_size", "16");
        await page.GetByText("1 difference", new() { Exact = true }).WaitForAsync();
        Assert.Equal("batch_size8 → 16", await page.Locator("[data-changes] dl").TextContentAsync());
        await page.SelectOptionAsync("#against", "template:nine");
        await page.GetByText("2 differences").WaitForAsync();
        await page.Locator("[data-advanced]").CheckAsync();
        await page.ReloadAsync();
        Assert.True(await page.Locator("#setting-seed").IsVisibleAsync());
        Assert.Empty(await Accessibility.Violations(page));

        await page.GetByText("Presets").ClickAsync();
        await page.Locator(".menu a[href*='recipe=demo']").ClickAsync();
        await page.WaitForURLAsync("**/train/new?recipe=demo");
        Assert.Equal("recipe:demo", await page.InputValueAsync("#against"));
    }

    [Fact]
    public async Task Waiting_runs_are_dragged_to_another_place()
    {
        await using var server = await Server.Start();
        var template = await Add(server, "Small", $"model_size: tiny\ndataset: {Path.Combine(Executable.Repository, "samples", "cmudict", "train.jsonl")}\n");
        await server.Client.PatchAsJsonAsync("/api/queue", new { paused = true }, TestContext.Current.CancellationToken);
        foreach (var name in (string[])["first", "second", "third"]) await Read(await server.Client.PostAsJsonAsync("/api/runs", new { template, name }, TestContext.Current.CancellationToken));
        var page = await browser.Open(server);
        await page.GotoAsync(server.Address + "/runs");

        await page.Locator("[data-waits]:has-text('third')").DragToAsync(page.Locator("[data-waits]:has-text('first')"), new() { TargetPosition = new() { X = 60, Y = 3 } });
        await page.Locator("[data-waits]:nth-child(1):has-text('third')").WaitForAsync();

        Assert.Equal(["third", "first", "second"], (await page.Locator("[data-waits] th").AllTextContentsAsync()).Select(text => text.Trim()));
        Assert.Empty(await Accessibility.Violations(page));
    }

    [Fact]
    public async Task Look_disk_and_diagnostics()
    {
        await using var server = await Server.Start();
        var page = await browser.Open(server);
        await page.Context.GrantPermissionsAsync(["notifications"]);
        await page.GotoAsync(server.Address + "/settings");
        await page.Locator("notify-switch input").CheckAsync();
        await page.ReloadAsync();
        await page.WaitForFunctionAsync("document.querySelector('notify-switch input').checked");
        await page.SelectOptionAsync("#density", "compact");
        await page.SelectOptionAsync("#theme", "dark");
        await page.Locator("#look .btn").ClickAsync();
        await page.WaitForURLAsync("**/settings#look");
        Assert.Equal("compact dark", await page.EvaluateAsync<string>("`${document.documentElement.dataset.density} ${document.documentElement.dataset.theme}`"));
        Assert.Empty(await Accessibility.Violations(page));
        await page.GotoAsync(server.Address + "/computer");
        Assert.Contains("Checkpoints of finished runs", await page.TextContentAsync("#disk"));

        await using var archive = new ZipArchive(await server.Client.GetStreamAsync("/settings/diagnostics.zip", TestContext.Current.CancellationToken));
        Assert.Equal(["machine.json", "queue.json", "runs.json", "self-tests.json", "workbench.log"], archive.Entries.Select(entry => entry.FullName).Order());
    }

    private static async Task<string> Add(Server server, string title, string recipe) =>
        (await Read(await server.Client.PostAsJsonAsync("/api/templates", new { title, recipe = recipe.Contains("dataset", StringComparison.Ordinal) ? recipe : recipe + "dataset: rows.jsonl\n" }, TestContext.Current.CancellationToken))).GetProperty("id").GetString()!;

    private static async Task<JsonElement> Read(HttpResponseMessage response)
    {
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync();
            Assert.True(response.IsSuccessStatusCode, text);
            return JsonDocument.Parse(text).RootElement.Clone();
        }
    }
}
