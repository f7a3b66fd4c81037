using Microsoft.Playwright;
using Xunit;

namespace Unmask.EndToEnd.Web;

/// <summary>Talking to a tiny model in a real browser.</summary>
public sealed class ChatPageTests(Browser browser)
{
    private const string Finished = "li:last-child denoise-canvas:not([aria-busy]) .scrub:not([hidden])";

    [Fact]
    public async Task An_answer_comes_out_of_the_masks_and_can_be_gone_through_step_by_step()
    {
        using var place = new Workplace();
        await using var server = await Server.Start();
        await TinyModel.Make(Path.Combine(server.Home, "models", "tiny"), place);
        var page = await browser.Open();
        await page.GotoAsync(server.Address + "/chat?model=tiny");

        await page.FillAsync("#max_new_tokens", "8");
        await page.FillAsync("#question", "abc");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForSelectorAsync(Finished);

        Assert.Contains("BertForMaskedLM", await page.TextContentAsync("[data-state]"));
        Assert.Equal(8, await page.Locator("denoise-canvas .token").CountAsync());
        Assert.Equal(0, await page.Locator("denoise-canvas .token[data-role=mask]").CountAsync());
        await page.FocusAsync("denoise-canvas input[type=range]");
        await page.Keyboard.PressAsync("Home");
        Assert.Equal(8, await page.Locator("denoise-canvas .token[data-role=mask]").CountAsync());
        await page.Keyboard.PressAsync("ArrowRight");
        Assert.Equal(7, await page.Locator("denoise-canvas .token[data-role=mask]").CountAsync());

        await page.GetByText("Infill").ClickAsync();
        await page.FillAsync("#question", "a___b");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForSelectorAsync("li:nth-child(4) denoise-canvas:not([aria-busy]) .scrub:not([hidden])");
        Assert.Equal(5, await page.Locator("li:last-child denoise-canvas .token").CountAsync());
        Assert.Empty(await Accessibility.Violations(page));
    }

    [Fact]
    public async Task Stop_ends_the_computing_and_what_was_written_stays()
    {
        using var place = new Workplace();
        await using var server = await Server.Start();
        await TinyModel.Make(Path.Combine(server.Home, "models", "tiny"), place);
        var page = await browser.Open();
        await page.GotoAsync(server.Address + "/chat?model=tiny");

        await page.FillAsync("#max_new_tokens", "400");
        await page.FillAsync("#question", "abc");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForSelectorAsync("denoise-canvas .token:not([data-role=mask])", new PageWaitForSelectorOptions { State = WaitForSelectorState.Attached });
        await page.ClickAsync("[data-stop]");

        await page.WaitForSelectorAsync(Finished);
        Assert.Contains("Stopped at step", await page.TextContentAsync("denoise-canvas"));
        Assert.True(await page.Locator("denoise-canvas .token[data-role=mask]").CountAsync() > 0);
        // Another question is answered at once: the engine is free.
        await page.FillAsync("#max_new_tokens", "4");
        await page.FillAsync("#question", "ab");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForSelectorAsync("li:nth-child(4) denoise-canvas:not([aria-busy]) .scrub:not([hidden])", new PageWaitForSelectorOptions { Timeout = 15_000 });
    }
}
