using System.Globalization;
using Microsoft.Playwright;
using Xunit;

namespace Unmask.EndToEnd.Web;

/// <summary>The six steps of the home page with Tab, Enter, Space, arrows and typing only. The focus can be seen wherever it goes.</summary>
public sealed class KeyboardTests(Browser browser)
{
    private const int MostTabs = 250;
    private const float Patience = 60_000;

    /// <summary>What is wrong with the place of the focus, empty when nothing is, and whether it is where it is wanted. An input may leave the ring to the box around it.</summary>
    private const string Focus = """
        wanted => {
          const at = document.activeElement;
          if (!at || at === document.body) return ['', ''];
          const box = at.getBoundingClientRect(), where = at.outerHTML.slice(0, 120);
          const ringed = one => { const style = getComputedStyle(one); return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 || style.boxShadow !== 'none'; };
          const bare = ![at, at.closest('label'), at.closest('.palette')].some(one => one && ringed(one));
          const away = box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth;
          return [bare ? `no ring: ${where}` : away ? `out of sight: ${where}` : '', at.matches(wanted) ? 'reached' : ''];
        }
        """;

    [Fact]
    public async Task The_six_steps_are_walked_without_a_mouse()
    {
        await using var server = await Server.Start();
        var page = await browser.Open(server);
        await page.EmulateMediaAsync(new() { ReducedMotion = ReducedMotion.Reduce });
        page.SetDefaultTimeout(Patience);
        SortedSet<string> wrong = [];

        // The first stop leads past the rail.
        await page.GotoAsync(server.Address);
        await page.Keyboard.PressAsync("Tab");
        Assert.Equal("Skip to content", await page.EvaluateAsync<string>("document.activeElement.textContent"));
        Assert.True(await At(".skip"));
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForFunctionAsync("document.activeElement.id === 'main'");

        // 1. A method.
        await Follow("main a[href='/plugins']", "**/plugins");
        await Follow("a[href='/']", server.Address + "/");

        // 2. A dataset; a dialog takes the focus, keeps it, and gives it back.
        await Follow("main a[href='/datasets']", "**/datasets");
        await Reach("main [data-dialog=upload]");
        await page.Keyboard.PressAsync("Enter");
        await page.Locator("dialog[open]").WaitForAsync();
        for (var i = 0; i < 8; i++)
        {
            await page.Keyboard.PressAsync("Tab");
            Assert.True(await page.EvaluateAsync<bool>("document.activeElement === document.body || !!document.activeElement.closest('dialog')"), "the focus left an open dialog");
        }

        await page.Keyboard.PressAsync("Escape");
        Assert.Equal("upload", await page.EvaluateAsync<string>("document.activeElement.dataset.dialog"));
        await Follow("form[action^='/datasets/samples/'] button", "**/datasets/*");

        // 3. A template.
        await Follow("main a[href^='/train/new']", "**/train/new*");
        await Write("#title", "By keyboard");
        await Reach("#setting-model_size");
        await page.Keyboard.TypeAsync("tiny");
        await Reach("#setting-vocabulary");
        await page.Keyboard.TypeAsync("char");
        await Write("#setting-max_length", "24");
        await Write("#setting-batch_size", "4");
        await Write("#setting-train_steps", "4");
        await Write("#setting-eval_steps", "4");
        await Write("#setting-sample_count", "1");
        await Reach("button[name=do][value=save]");
        await page.Keyboard.PressAsync("Space");
        await page.WaitForURLAsync("**/templates/*");

        // 4. The queue.
        await page.GotoAsync(server.Address);
        await Follow("main a[href='/train']", "**/train");
        await Follow("form[action$='/queue'] button", "**/runs/*");

        // 5. Watching: it loads itself anew when its run ends.
        await page.Locator("main a[href^='/chat']").First.WaitForAsync(new() { Timeout = 120_000 });
        await Reach("#smooth");
        var smooth = await page.InputValueAsync("#smooth");
        await page.Keyboard.PressAsync("ArrowRight");
        Assert.NotEqual(smooth, await page.InputValueAsync("#smooth"));

        // 6. The chat.
        await Follow("main a[href^='/chat']", "**/chat*", back: true);
        await Write("#max_new_tokens", "4");
        await Write("#question", "mimosa");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForSelectorAsync("li:last-child denoise-canvas:not([aria-busy]) .scrub:not([hidden])", new() { Timeout = 120_000 });
        await Reach("denoise-canvas input[type=range]");
        await page.Keyboard.PressAsync("Home");

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));

        async Task Follow(string selector, string address, bool back = false)
        {
            await Reach(selector, back);
            await page.Keyboard.PressAsync("Enter");
            await page.WaitForURLAsync(address);
        }

        async Task Write(string selector, string text)
        {
            await Reach(selector);
            await page.Keyboard.PressAsync("Control+A");
            await page.Keyboard.TypeAsync(text);
        }

        async Task Reach(string selector, bool back = false)
        {
            for (var tabs = 0; tabs < MostTabs; tabs++)
            {
                await page.Keyboard.PressAsync(back ? "Shift+Tab" : "Tab");
                if (await At(selector)) return;
            }

            Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"{selector} of {page.Url} is not reached with {MostTabs} presses of Tab"));
        }

        async Task<bool> At(string selector)
        {
            var told = await page.EvaluateAsync<string[]>(Focus, selector);
            if (told[0].Length > 0) wrong.Add($"{new Uri(page.Url).AbsolutePath}: {told[0]}");
            return told[1].Length > 0;
        }
    }
}
