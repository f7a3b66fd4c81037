using System.Text.Json;
using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace Unmask.EndToEnd.Web;

/// <summary>What axe has to say about a page.</summary>
internal static class Accessibility
{
    /// <summary>The rules whose outcome another theme can change.</summary>
    private static readonly string[] colorRules = ["color-contrast", "link-in-text-block"];

    private static readonly string script = new BundledAxeScriptProvider().GetScript();

    /// <summary>Everything it finds on the page as it stands, one line each: by all rules in light, and by those about colors in dark.</summary>
    public static async Task<IReadOnlyList<string>> Violations(IPage page)
    {
        List<string> found = [];
        await page.EvaluateAsync(script);
        await Look(ColorScheme.Light, new { resultTypes = (string[])["violations"] });
        await Look(ColorScheme.Dark, new { resultTypes = (string[])["violations"], runOnly = colorRules });
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
        return found;

        async Task Look(ColorScheme theme, object options)
        {
            await page.EmulateMediaAsync(new() { ColorScheme = theme, ReducedMotion = ReducedMotion.Reduce });
            var violations = (await page.EvaluateAsync<JsonElement>("async options => (await axe.run(options)).violations.map(one => `${one.id}: ${one.help}: ${one.nodes[0].html}`)", options)).EnumerateArray();
            found.AddRange(violations.Select(violation => $"{page.Url} in {theme}: {violation.GetString()}"));
        }
    }

    /// <summary>How many pixels a page is wider than its window, at each of some widths where it is; the window is 1280 wide afterwards.</summary>
    public static async Task<IReadOnlyList<string>> TooWide(IPage page, params int[] widths)
    {
        List<string> found = [];
        foreach (var width in widths)
        {
            await page.SetViewportSizeAsync(width, 860);
            if (await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth") is > 0 and var wide) found.Add($"{page.Url} is {wide} px too wide at {width} px");
        }

        await page.SetViewportSizeAsync(1280, 860);
        return found;
    }
}
