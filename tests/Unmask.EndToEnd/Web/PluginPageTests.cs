using Xunit;

namespace Unmask.EndToEnd.Web;

/// <summary>The page of plugins, in a real browser.</summary>
public sealed class PluginPageTests(Browser browser)
{
    [Fact]
    public async Task A_disabled_trainer_is_not_offered_for_new_runs()
    {
        await using var server = await Server.Start();
        var page = await browser.Open(server);
        await page.GotoAsync(server.Address + "/methods");
        Assert.EndsWith("/plugins", page.Url);
        await page.ClickAsync("[data-plugin=bert] form[action$='/disable'] button");
        await page.WaitForSelectorAsync("[data-plugin=bert][data-enabled=no]");
        Assert.Empty(await Accessibility.Violations(page));

        await page.GotoAsync(server.Address + "/train/new");
        Assert.Equal(["dream", "llada"], await page.Locator("#setting-training_method option").AllTextContentsAsync());
        Assert.Equal("dream", await page.InputValueAsync("#setting-training_method"));

        await page.GotoAsync(server.Address + "/plugins?kind=trainer");
        await page.ClickAsync("[data-plugin=bert] form[action$='/enable'] button");
        await page.WaitForSelectorAsync("[data-plugin=bert][data-enabled=yes]");
        await page.GotoAsync(server.Address + "/train/new");
        Assert.Equal("bert", await page.InputValueAsync("#setting-training_method"));

        await page.GotoAsync(server.Address + "/plugins?kind=server");
        Assert.Equal(0, await page.Locator("[data-plugin]").CountAsync());
        Assert.Empty(await Accessibility.Violations(page));
    }
}
