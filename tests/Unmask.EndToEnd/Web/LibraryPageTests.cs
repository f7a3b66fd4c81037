using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Xunit;

namespace Unmask.EndToEnd.Web;

/// <summary>The pages of models and datasets in a real browser.</summary>
public sealed class LibraryPageTests(Browser browser)
{
    [Fact]
    public async Task A_model_is_imported_looked_at_and_handed_to_the_form_and_the_chat()
    {
        using var place = new Workplace();
        await using var server = await Server.Start();
        await TinyModel.Make(place.In("tiny"), place);
        var page = await browser.Open(server);
        await page.GotoAsync(server.Address + "/models");

        await page.ClickAsync("main [data-dialog=import]");
        await page.FillAsync("#folder", place.In("nowhere"));
        await page.Locator("#import .primary").ClickAsync();
        await page.GetByText("does not exist").WaitForAsync();
        // The dialog stays, so that the folder can be mended.
        await page.FillAsync("#folder", place.In("tiny"));
        await page.FillAsync("#name", "My first");
        await page.Locator("#import .primary").ClickAsync();
        await page.WaitForURLAsync("**/models/my-first");
        Assert.Contains("BertForMaskedLM", await page.TextContentAsync("main"));
        Assert.Empty(await Accessibility.Violations(page));

        await page.GotoAsync(server.Address + "/models/my-first/lineage");
        await page.GetByText($"imported from {place.In("tiny")}").WaitForAsync();
        await page.GotoAsync(server.Address + "/train/new?model=my-first");
        Assert.EndsWith(Path.Combine("models", "my-first"), await page.InputValueAsync("#setting-model"), StringComparison.Ordinal);
        await page.GotoAsync(server.Address + "/chat?model=my-first");
        Assert.Equal("my-first", await page.InputValueAsync("#model"));
    }

    [Fact]
    public async Task A_model_is_converted_an_adapter_merged_and_what_is_used_stays()
    {
        await using var server = await Server.Start(prepare: home =>
        {
            foreach (var name in (string[])["bert", "bert-lora"]) Copy(Path.Combine(Fixtures, name), Path.Combine(home, "models", name));
            var config = Path.Combine(home, "models", "bert-lora", "adapter_config.json");
            var adapter = JsonNode.Parse(File.ReadAllText(config))!;
            adapter["base_model_name_or_path"] = Path.Combine(home, "models", "bert");
            File.WriteAllText(config, adapter.ToJsonString());
        });
        var page = await browser.Open(server);

        await page.GotoAsync(server.Address + "/models/bert");
        await page.ClickAsync("[data-dialog=convert]");
        await page.SelectOptionAsync("#format", "nf4");
        await page.FillAsync("#convert-name", "Small one");
        await page.Locator("#convert .primary").ClickAsync();
        await page.WaitForURLAsync("**/models/small-one");
        Assert.Contains("4-bit (nf4)", await page.TextContentAsync("main"));
        Assert.Contains("Converted from", await page.TextContentAsync("main"));

        await page.GotoAsync(server.Address + "/models/bert-lora");
        await page.ClickAsync("[data-dialog=merge]");
        Assert.Empty(await Accessibility.Violations(page));
        await page.Locator("#merge .primary").ClickAsync();
        await page.WaitForURLAsync("**/models/bert-lora-merged");
        await page.GotoAsync(server.Address + "/models/bert-lora-merged/lineage");
        Assert.Equal(["bert", "bert-lora", "bert-lora merged"], await page.Locator(".lineage li > :first-child").AllTextContentsAsync());
        Assert.Empty(await Accessibility.Violations(page));

        // The model of an adapter stays; the adapter, which nothing needs, goes.
        using var refused = await server.Client.DeleteAsync("/api/models/bert", TestContext.Current.CancellationToken);
        Assert.Contains("used by the adapter bert-lora", await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        await page.GotoAsync(server.Address + "/models/bert");
        await page.ClickAsync("[data-dialog=delete]");
        Assert.True(await page.Locator("#delete button.danger").IsDisabledAsync());
        await page.GotoAsync(server.Address + "/models/bert-lora");
        await page.ClickAsync("[data-dialog=delete]");
        await page.Locator("#delete button.danger").ClickAsync();
        await page.GetByText("bert-lora was deleted.").WaitForAsync();
        Assert.False(Directory.Exists(Path.Combine(server.Home, "models", "bert-lora")));
    }

    private static string Fixtures { get; } = Path.Combine(Executable.Repository, "tests", "fixtures", "data", "models");

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }

    [Fact]
    public async Task A_data_set_shows_its_rows_its_lengths_and_what_training_sees_of_it()
    {
        using var place = new Workplace();
        await using var server = await Server.Start();
        await File.AppendAllTextAsync(place.In("rows.jsonl"), "{\"prompt\": broken\n", TestContext.Current.CancellationToken);
        using var content = new StreamContent(File.OpenRead(place.In("rows.jsonl")));
        using var answer = await server.Client.PutAsync("/api/datasets/files/rows.jsonl", content, TestContext.Current.CancellationToken);
        var id = (await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("id").GetString();
        var page = await browser.Open(server, width: 390);

        await page.GotoAsync($"{server.Address}/datasets/{id}/rows");
        Assert.Equal(25, await page.Locator("table.cells tbody tr").CountAsync());
        await page.GetByText("Next").ClickAsync();
        Assert.Equal("26", await page.TextContentAsync("table.cells tbody tr:first-child td:first-child"));
        Assert.Empty(await Accessibility.Violations(page));

        await page.GotoAsync($"{server.Address}/datasets/{id}/statistics");
        Assert.Contains("60", await page.TextContentAsync(".tiles"));
        Assert.Equal("61", (await page.TextContentAsync("section:has(h2:text-is('Bad lines')) tbody td.num"))?.Trim());
        await page.FocusAsync("length-chart input");
        await page.Keyboard.PressAsync("Home");
        Assert.Contains("longer than 1:", await page.TextContentAsync("[data-share]"));
        Assert.Empty(await Accessibility.Violations(page));

        await page.GotoAsync($"{server.Address}/datasets/{id}/render?noise=true");
        await page.FocusAsync("noise-lens input");
        await page.Keyboard.PressAsync("End");
        Assert.True(await page.Locator("noise-lens .token[data-masked]").CountAsync() > 0);
        Assert.Empty(await Accessibility.Violations(page));

        // Columns that no name tells are chosen where the rows are shown, and carried to the form.
        using var odd = await server.Client.PutAsync("/api/datasets/files/odd.csv", new StringContent("\"Question, asked\";Reply\nwhere?;there\nwho?;they\n"), TestContext.Current.CancellationToken);
        await page.GotoAsync($"{server.Address}/datasets/odd/render");
        await page.GetByText("which match no known format").WaitForAsync();
        await page.SelectOptionAsync("#prompt", "Question, asked");
        await page.SelectOptionAsync("#response", "Reply");
        await page.ClickAsync(".lens-form .primary");
        Assert.Equal(2, await page.Locator("section:has(.tokens)").CountAsync());
        await page.ClickAsync("a:has-text('Train on selected columns')");
        Assert.Equal(("Question, asked", "Reply"), (await page.InputValueAsync("#setting-prompt_column"), await page.InputValueAsync("#setting-response_column")));

        // A large one is looked through while the page tells how far it is; who leaves stops that, and does not wait for it.
        var rows = string.Concat(Enumerable.Range(0, 200_000).Select(i => $$"""{"prompt": "question {{i}}", "response": "answer {{i}} of some length"}""" + "\n"));
        using var large = await server.Client.PutAsync("/api/datasets/files/large.jsonl", new StringContent(rows), TestContext.Current.CancellationToken);
        await page.GotoAsync($"{server.Address}/datasets/large/statistics");
        await page.Locator("long-look [role=status]", new() { HasTextRegex = new Regex(@"^Reading, \d+%") }).WaitForAsync();
        await page.ClickAsync(".tabs a:has-text('Rows')");

        // The page that waits, held still: the true one goes on by itself while it is examined.
        const string look = "**/statistics/look*";
        await page.RouteAsync(look, route => route.FulfillAsync(new() { ContentType = "text/event-stream", Body = "event: progress\ndata: {\"phase\": \"reading\", \"done\": 40, \"total\": 100}\n\n" }));
        await page.GotoAsync($"{server.Address}/datasets/large/statistics");
        await Assertions.Expect(page.Locator("long-look [role=status]")).ToHaveTextAsync("Reading, 40%");
        Assert.Empty(await Accessibility.Violations(page));
        await page.UnrouteAsync(look);
        await page.ClickAsync(".tabs a:has-text('Rows')");
        await page.Locator("table.cells tbody tr").First.WaitForAsync();
        Assert.Equal(25, await page.Locator("table.cells tbody tr").CountAsync());
        await page.ClickAsync(".tabs a:has-text('Statistics')");
        await page.Locator(".tiles:has-text('200,000')").WaitForAsync();
    }
}
