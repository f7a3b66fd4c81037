using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Playwright;
using Xunit;

namespace Unmask.EndToEnd.Web;

/// <summary>Talking to a tiny model in a real browser; all tests share a server and a model.</summary>
public sealed class ChatPageTests(Browser browser, ChatPageTests.Place place) : IClassFixture<ChatPageTests.Place>
{
    private const string Finished = "li:last-child denoise-canvas:not([aria-busy]) .scrub:not([hidden])";

    private Server Server => place.Server;

    [Fact]
    public async Task An_answer_comes_out_of_the_masks_and_can_be_gone_through_step_by_step()
    {
        var page = await Chat("?model=tiny");
        await page.FillAsync("#max_new_tokens", "8");
        await Ask(page, "abc");

        Assert.Contains("BertForMaskedLM", await page.TextContentAsync("[data-state]"));
        Assert.Equal(8, await page.Locator("denoise-canvas .token").CountAsync());
        Assert.Equal(0, await page.Locator("denoise-canvas .token[data-role=mask]").CountAsync());
        await page.FocusAsync("denoise-canvas input[type=range]");
        await page.Keyboard.PressAsync("Home");
        Assert.Equal(8, await page.Locator("denoise-canvas .token[data-role=mask]").CountAsync());
        await page.Keyboard.PressAsync("ArrowRight");
        Assert.Equal(7, await page.Locator("denoise-canvas .token[data-role=mask]").CountAsync());

        await page.GetByText("Infill", new() { Exact = true }).ClickAsync();
        await Ask(page, "a___b[MASK:2]");
        Assert.Equal(7, await page.Locator("li:last-child denoise-canvas .token").CountAsync());
        Assert.Empty(await Accessibility.Violations(page));
    }

    [Fact]
    public async Task Stop_ends_the_computing_and_what_was_written_stays()
    {
        var page = await Chat("?model=tiny");
        await page.FillAsync("#max_new_tokens", "400");
        // The button is pressed by the page when the first token is there: on a busy machine the way from here to there takes longer than the answer.
        await page.EvaluateAsync("""
            () => new MutationObserver((_, watch) => {
              if (!document.querySelector('denoise-canvas .token:not([data-role=mask])')) return;
              watch.disconnect();
              document.querySelector('[data-stop]').click();
            }).observe(document.querySelector('.turns'), { childList: true, subtree: true, attributes: true })
            """);
        await page.FillAsync("#question", "stop me");
        await page.Keyboard.PressAsync("Enter");

        await page.WaitForSelectorAsync(Finished);
        Assert.Contains("Stopped at step", await page.TextContentAsync("denoise-canvas"));
        Assert.True(await page.Locator("denoise-canvas .token[data-role=mask]").CountAsync() > 0);
        // Another question is answered at once: the engine is free.
        await page.FillAsync("#max_new_tokens", "4");
        await Ask(page, "ab");

        // What was stopped is kept as what stood there, and a training does not learn from it.
        await page.ReloadAsync();
        await page.WaitForSelectorAsync(Finished);
        Assert.Contains("Stopped at step", await page.TextContentAsync("denoise-canvas"));
        Assert.True(await page.Locator("denoise-canvas .token[data-role=mask]").CountAsync() > 0);
        var row = JsonDocument.Parse(await Server.Client.GetStringAsync(await page.GetAttributeAsync("[data-export]", "href"), TestContext.Current.CancellationToken)).RootElement;
        Assert.Equal("ab", row.GetProperty("messages")[0].GetProperty("content").GetString());
    }

    [Fact]
    public async Task A_conversation_is_there_again_renamed_deleted_and_brought_back()
    {
        var page = await Chat("?model=tiny");
        await page.FillAsync("#max_new_tokens", "4");
        await Ask(page, "first words");
        await page.WaitForURLAsync("**/chat?id=*");
        await Ask(page, "second");

        await page.ReloadAsync();
        await page.WaitForSelectorAsync(Finished);
        Assert.Equal(4, await page.Locator(".turns > li").CountAsync());
        Assert.Equal(("tiny", "4"), (await page.InputValueAsync("#model"), await page.InputValueAsync("#max_new_tokens")));
        Assert.Equal("first words", await page.TextContentAsync(".kept a[aria-current] .ellipsis"));

        await page.ClickAsync("[data-rename]");
        await page.FillAsync("#name", "My masks");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator(".kept a[aria-current]")).ToContainTextAsync("My masks");
        await page.ClickAsync("[data-remove]");
        await Assertions.Expect(page.Locator(".kept")).Not.ToContainTextAsync("My masks");
        Assert.EndsWith("/chat", page.Url, StringComparison.Ordinal);
        await page.GetByRole(AriaRole.Button, new() { Name = "Undo" }).ClickAsync();
        await page.WaitForURLAsync("**/chat?id=*");
        await page.WaitForSelectorAsync(Finished);
        Assert.Equal("My masks", await page.TextContentAsync("[data-title]"));

        // It goes on where it was: the third question is the third.
        await Ask(page, "third");
        await page.ReloadAsync();
        await Assertions.Expect(page.Locator(".turns > li")).ToHaveCountAsync(6);
        foreach (var theme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
        {
            await page.EmulateMediaAsync(new() { ColorScheme = theme });
            Assert.Empty(await Accessibility.Violations(page));
        }

        await page.SetViewportSizeAsync(390, 800);
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"));
    }

    [Fact]
    public async Task A_first_question_that_cannot_be_answered_leaves_no_conversation_and_the_next_one_begins_it()
    {
        var page = await Chat("?model=tiny");
        await page.FillAsync("#max_new_tokens", "-5");
        await page.FillAsync("#question", "too short");
        await page.Keyboard.PressAsync("Enter");
        await page.GetByText("max_new_tokens is -5. It must be at least 1.").WaitForAsync();
        Assert.Equal("too short", await page.InputValueAsync("#question"));
        Assert.False(await page.Locator(".conversation").IsVisibleAsync());

        await page.FillAsync("#max_new_tokens", "4");
        await Ask(page, "long enough");
        await Assertions.Expect(page.Locator("[data-title]")).ToHaveTextAsync("long enough");
    }

    [Fact]
    public async Task Two_models_answer_beside_each_other_by_the_same_seed()
    {
        var page = await Chat("?model=tiny&beside=tiny");
        await page.FillAsync("#max_new_tokens", "6");
        await Ask(page, "ab");

        await Assertions.Expect(page.Locator("li.two denoise-canvas:not([aria-busy])")).ToHaveCountAsync(2);
        var texts = await page.Locator("li.two .tokens").AllTextContentsAsync();
        Assert.Equal(texts[0], texts[1]);
    }

    [Fact]
    public async Task A_model_that_was_put_away_is_told_and_loaded_again_by_the_next_question()
    {
        var page = await Chat("?model=tiny");
        await page.FillAsync("#max_new_tokens", "4");
        await Ask(page, "put away");
        foreach (var session in await Server.Client.GetFromJsonAsync<JsonElement[]>("/api/chat", TestContext.Current.CancellationToken) ?? [])
            (await Server.Client.DeleteAsync($"/api/chat/{session.GetProperty("session").GetString()}", TestContext.Current.CancellationToken)).Dispose();

        await page.EvaluateAsync("document.dispatchEvent(new Event('visibilitychange'))");
        await Assertions.Expect(page.Locator("[data-load]")).ToBeVisibleAsync();
        await Ask(page, "again");

        Assert.Equal(4, await page.Locator(".turns > li").CountAsync());
    }

    [Fact]
    public async Task A_conversation_outlives_its_model()
    {
        Copy(Path.Combine(Server.Home, "models", "tiny"), Path.Combine(Server.Home, "models", "short-lived"));
        var page = await Chat("?model=short-lived");
        await page.FillAsync("#max_new_tokens", "4");
        await Ask(page, "who are you");
        Directory.Delete(Path.Combine(Server.Home, "models", "short-lived"), recursive: true);

        await page.ReloadAsync();
        await page.WaitForSelectorAsync(Finished);
        Assert.Contains("short-lived is no longer in this workbench", await page.TextContentAsync("main"));
        Assert.Empty(await Accessibility.Violations(page));
        using var answer = await Server.Client.GetAsync(await page.GetAttributeAsync("[data-export]", "href"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task What_a_page_that_is_closed_was_writing_is_kept_as_it_stood()
    {
        var stop = TestContext.Current.CancellationToken;
        using var opened = await Server.Client.PostAsJsonAsync("/api/chat", new { model = "tiny" }, stop);
        var session = (await opened.Content.ReadFromJsonAsync<JsonElement>(stop)).GetProperty("session").GetString()!;
        using var question = new HttpRequestMessage(HttpMethod.Post, "/api/chats") { Content = JsonContent.Create(new { text = "half a page", sessions = new[] { session }, sampler = new { max_new_tokens = 400 } }) };
        string id = "";
        using (var answer = await Server.Client.SendAsync(question, HttpCompletionOption.ResponseHeadersRead, stop))
        {
            using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(stop));
            for (var frames = 0; frames < 2;)
            {
                var line = await lines.ReadLineAsync(stop);
                if (line?.StartsWith("data: {\"id\"", StringComparison.Ordinal) == true) id = JsonDocument.Parse(line[6..]).RootElement.GetProperty("id").GetString()!;
                if (line == "event: frame") frames++;
            }

            // The page closes its session and its connection.
            (await Server.Client.DeleteAsync($"/api/chat/{session}", stop)).Dispose();
        }

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        JsonElement kept;
        while (true)
        {
            using var found = await Server.Client.GetAsync($"/api/chats/{id}", patience.Token);
            kept = found.IsSuccessStatusCode ? await found.Content.ReadFromJsonAsync<JsonElement>(patience.Token) : default;
            if (found.IsSuccessStatusCode) break;
            await Task.Delay(50, patience.Token);
        }

        var said = kept.GetProperty("exchanges")[0].GetProperty("answers")[0];
        Assert.Equal("stopped", said.GetProperty("end").GetString());
        Assert.True(said.GetProperty("steps").GetInt32() < said.GetProperty("total_steps").GetInt32());
        Assert.Equal(400, said.GetProperty("canvas").GetArrayLength());
    }

    private async Task<IPage> Chat(string query)
    {
        var page = await browser.Open(Server);
        await page.GotoAsync(Server.Address + "/chat" + query);
        return page;
    }

    /// <summary>Asks, and waits for the whole answer.</summary>
    private static async Task Ask(IPage page, string text)
    {
        var turns = page.Locator(".turns > li[data-role]");
        var before = await turns.CountAsync();
        await page.FillAsync("#question", text);
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(turns).ToHaveCountAsync(before + 2);
        await page.WaitForSelectorAsync(Finished);

        // The button goes when the answer is kept.
        await page.WaitForSelectorAsync("[data-stop]", new PageWaitForSelectorOptions { State = WaitForSelectorState.Hidden });
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }

    /// <summary>A server with a tiny model.</summary>
    public sealed class Place : IAsyncLifetime
    {
        internal Server Server { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            using var workplace = new Workplace();
            Server = await Server.Start();
            await TinyModel.Make(Path.Combine(Server.Home, "models", "tiny"), workplace);
        }

        public async ValueTask DisposeAsync() => await Server.DisposeAsync();
    }
}
