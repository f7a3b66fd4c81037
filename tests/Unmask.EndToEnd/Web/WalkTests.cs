using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Playwright;
using Xunit;

namespace Unmask.EndToEnd.Web;

/// <summary>The way of a person through the workbench, with a real training.</summary>
public sealed class WalkTests(Browser browser)
{
    private const float Patience = 120_000;

    [Fact]
    public async Task From_a_file_to_a_trained_model_by_mouse()
    {
        using var workplace = new Workplace();
        await using var server = await Server.Start();
        var page = await browser.Open(server);
        page.SetDefaultTimeout(Patience);
        List<string> errors = [];
        page.PageError += (_, error) => errors.Add(error);

        // A dataset.
        await page.GotoAsync(server.Address + "/datasets");
        await page.GetByRole(AriaRole.Button, new() { Name = "Upload dataset", Exact = true }).ClickAsync();
        await page.Locator("input[type=file]").SetInputFilesAsync(workplace.In("rows.jsonl"));
        await page.Locator("dialog").GetByRole(AriaRole.Button, new() { Name = "Upload" }).ClickAsync();
        await page.WaitForURLAsync("**/datasets/rows");

        // A template: what is wrong is told at its field, and the way is barred until it is mended.
        await page.GetByRole(AriaRole.Link, new() { Name = "Train on dataset" }).ClickAsync();
        await page.GetByLabel("Template name").FillAsync("My first training");
        await page.GetByLabel("Batch size", new() { Exact = true }).FillAsync("0");
        await Assertions.Expect(page.Locator("#setting-batch_size-problem")).ToHaveTextAsync("batch_size is 0. It must be at least 1.", new() { Timeout = Patience });
        foreach (var (label, value) in ((string, string)[])[("Batch size", "4"), ("Training steps", "6"), ("Evaluation steps", "6"), ("Max length", "32"), ("Logging steps", "1"), ("Sample count", "2")]) await page.GetByLabel(label, new() { Exact = true }).FillAsync(value);
        await page.GetByLabel("Model size").SelectOptionAsync("tiny");
        await page.GetByLabel("Vocabulary type").SelectOptionAsync("character");
        await Assertions.Expect(page.Locator(".problem-list li[data-severity=error]")).ToHaveCountAsync(0, new() { Timeout = Patience });
        await page.GetByRole(AriaRole.Button, new() { Name = "Save template" }).ClickAsync();
        await page.WaitForURLAsync("**/templates/my-first-training*");

        // The queue, and the run.
        await page.GotoAsync(server.Address + "/train");
        await page.GetByRole(AriaRole.Button, new() { Name = "Queue run" }).ClickAsync();
        await page.WaitForURLAsync("**/runs/*");
        var run = page.Url;
        await Assertions.Expect(page.Locator("[data-live=state]")).ToHaveTextAsync("succeeded", new() { Timeout = Patience });
        await Assertions.Expect(page.Locator("[data-bind=steps]").First).ToHaveTextAsync("6 / 6");
        await page.Locator("metric-chart canvas").First.WaitForAsync();
        var levels = (await server.Client.GetStringAsync($"/api/runs/{run.Split('/')[^1]}/metrics.csv", TestContext.Current.CancellationToken)).Split('\n')[0].Split(',').Where(name => name.StartsWith("noise/", StringComparison.Ordinal)).Select(name => name[6..]);
        await page.ReloadAsync();
        await Assertions.Expect(page.Locator("metric-chart[data-title='Loss by noise level'] .legend span")).ToContainTextAsync([.. levels.Order()]);
        var picture = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Button, new() { Name = "PNG of Loss", Exact = true }).ClickAsync());
        await picture.SaveAsAsync(workplace.In(picture.SuggestedFilename));
        Assert.Equal("PNG", Encoding.ASCII.GetString(await File.ReadAllBytesAsync(workplace.In("loss.png"), TestContext.Current.CancellationToken), 1, 3));
        foreach (var tab in (string[])["samples", "log", "checkpoints", "config", "outputs"])
        {
            await page.GotoAsync($"{run.TrimEnd('/')}/{tab}");
            await Assertions.Expect(page.Locator(".empty")).ToHaveCountAsync(0);
        }

        // With something in them the pages are as accessible and as narrow as when they are empty.
        string[] pages = [run, .. ((string[])["samples", "log", "checkpoints", "config", "outputs"]).Select(tab => $"{run.TrimEnd('/')}/{tab}"), .. ((string[])["/", "/runs", "/train", "/datasets", "/datasets/rows", "/models", "/chat"]).Select(path => server.Address + path)];
        foreach (var path in pages)
        {
            await page.GotoAsync(path);
            errors.AddRange(await Accessibility.Violations(page));
            errors.AddRange(await Accessibility.TooWide(page, 390));
        }

        Assert.True(errors.Count == 0, string.Join('\n', errors));

        // The list of runs shows its curve at a glance; what is done with is put away, and found again.
        await page.GotoAsync(server.Address + "/runs");
        Assert.Equal(1, await page.Locator("tr[data-run] svg.spark").CountAsync());
        await page.Locator("tr[data-run] input[type=checkbox]").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Compare", Exact = true }).ClickAsync();
        await page.WaitForURLAsync("**/compare?runs=*");
        await page.GoBackAsync();
        await page.Locator("tr[data-run] input[type=checkbox]").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Archive", Exact = true }).ClickAsync();
        await page.GetByText("1 run archived").WaitForAsync();
        await Assertions.Expect(page.Locator("tr[data-run]")).ToHaveCountAsync(0);
        await page.GetByRole(AriaRole.Link, new() { Name = "Show archived" }).ClickAsync();
        await Assertions.Expect(page.Locator("tr[data-run] .tag")).ToHaveTextAsync("archived");
    }

    [Fact]
    public async Task Runs_outlive_the_workbench_and_a_killed_run_goes_on()
    {
        using var workplace = new Workplace();
        var home = workplace.In("home");
        string id;
        await using (var first = await Server.Start(home))
        {
            var recipe = await File.ReadAllTextAsync(workplace.Recipe()) + "\nsave_steps: 20\n";
            using var queued = await first.Client.PostAsJsonAsync("/api/runs", new { recipe = recipe.Replace("rows.jsonl", workplace.In("rows.jsonl"), StringComparison.Ordinal).Replace("train_steps: 2", "train_steps: 3000", StringComparison.Ordinal) });
            Assert.True(queued.IsSuccessStatusCode, await queued.Content.ReadAsStringAsync());
            id = (await queued.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
            await Until(first, id, run => run.GetProperty("progress").GetProperty("checkpoint_step").ValueKind == JsonValueKind.Number);
            await first.Kill();
        }

        await using var second = await Server.Start(home);
        var again = await Until(second, id, run => run.GetProperty("status").GetString() == "running");
        Assert.Equal(1, again.GetProperty("attempts").GetInt32());

        // The worker is killed as by the system.
        System.Diagnostics.Process.GetProcessById(WorkerOf(home, id)).Kill();
        var cut = await Until(second, id, run => run.GetProperty("status").GetString() == "interrupted");
        Assert.NotEqual(JsonValueKind.Null, cut.GetProperty("fault").ValueKind);
        using var resumed = await second.Client.PostAsync($"/api/runs/{id}/resume", null);
        Assert.True(resumed.IsSuccessStatusCode, await resumed.Content.ReadAsStringAsync());
        await Until(second, id, run => run.GetProperty("status").GetString() == "running");
        using var stopped = await second.Client.PostAsync($"/api/runs/{id}/stop", null);
        Assert.True(stopped.IsSuccessStatusCode, await stopped.Content.ReadAsStringAsync());
        await Until(second, id, run => run.GetProperty("status").GetString() == "stopped");
    }

    private static int WorkerOf(string home, string id)
    {
        var job = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(home, "runs", id, "job.json"))).RootElement;
        return job.GetProperty("attempts").EnumerateArray().Last().GetProperty("process_id").GetInt32();
    }

    private static async Task<JsonElement> Until(Server server, string id, Func<JsonElement, bool> reached)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(Patience));
        while (true)
        {
            var run = await server.Client.GetFromJsonAsync<JsonElement>($"/api/runs/{id}", patience.Token);
            if (reached(run)) return run;
            if (run.GetProperty("status").GetString() is "failed" or "succeeded") Assert.Fail(run.ToString());
            await Task.Delay(100, patience.Token);
        }
    }
}
