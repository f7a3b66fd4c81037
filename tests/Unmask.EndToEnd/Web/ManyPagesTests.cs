using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Playwright;
using Xunit;

namespace Unmask.EndToEnd.Web;

/// <summary>More open pages than a browser has connections for a server.</summary>
public sealed class ManyPagesTests(Browser browser)
{
    private const int Pages = 8;

    [Fact]
    public async Task Eight_pages_of_a_running_run_are_live_and_a_ninth_loads()
    {
        using var workplace = new Workplace();
        await using var server = await Server.Start();
        var recipe = (await File.ReadAllTextAsync(workplace.Recipe())).Replace("rows.jsonl", workplace.In("rows.jsonl"), StringComparison.Ordinal).Replace("train_steps: 2", "train_steps: 100000", StringComparison.Ordinal);
        using var queued = await server.Client.PostAsJsonAsync("/api/runs", new { recipe, set = (string[])["eval_strategy=no", "logging_steps=50"] });
        Assert.True(queued.IsSuccessStatusCode, await queued.Content.ReadAsStringAsync());
        var id = (await queued.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
        var first = await browser.Open(server);
        List<IPage> pages = [first];
        List<string> errors = [];
        while (pages.Count < Pages) pages.Add(await first.Context.NewPageAsync());
        // Running pages load themselves anew when their run gets on to another state: here it trains before.
        while ((await server.Client.GetFromJsonAsync<JsonElement>($"/api/runs/{id}")).GetProperty("status").GetString() != "running") await Task.Delay(100);
        foreach (var page in pages)
        {
            page.PageError += (_, error) => errors.Add(error);
            await page.GotoAsync(server.Address + (page == first ? $"/runs/{id}" : page == pages[^1] ? "/runs" : $"/runs/{id}/checkpoints"));
        }

        // Each is at work, and stays so while others come and go.
        await AllMove();
        var ninth = await first.Context.NewPageAsync();
        await ninth.GotoAsync(server.Address + "/datasets", new() { Timeout = 10_000 });
        await Assertions.Expect(ninth.Locator("active-run a")).ToContainTextAsync("running", new() { Timeout = 15_000 });
        await ninth.CloseAsync();
        await pages[2].GotoAsync($"{server.Address}/runs/{id}/log");
        await AllMove();

        // No measure is lost or doubled by the changes of the connection.
        using var stopped = await server.Client.PostAsync($"/api/runs/{id}/kill", null);
        await Assertions.Expect(pages[0].Locator("[data-live=state]")).ToHaveTextAsync("stopped", new() { Timeout = 15_000 });
        foreach (var page in pages[3..^1]) await Assertions.Expect(page.Locator("[data-live=state]")).ToHaveTextAsync("stopped", new() { Timeout = 15_000 });
        await Assertions.Expect(pages[^1].Locator("main [data-live=state]")).ToHaveTextAsync("stopped", new() { Timeout = 15_000 });
        await Assertions.Expect(pages[^1].Locator("active-run a")).ToHaveCountAsync(0, new() { Timeout = 15_000 });
        Assert.Empty(errors);

        async Task AllMove()
        {
            foreach (var page in pages)
            {
                var steps = page.Locator("[data-bind=steps]").First;
                var before = await steps.TextContentAsync() ?? "";
                await Assertions.Expect(steps).Not.ToHaveTextAsync(before, new() { Timeout = 15_000 });
            }
        }
    }
}
