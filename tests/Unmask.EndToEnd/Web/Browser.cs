using Microsoft.Playwright;
using Xunit;

namespace Unmask.EndToEnd.Web;

/// <summary>A real Chromium for the tests of the workbench, started once. UNMASK_CHROMIUM names it; else the system's is taken.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private IPlaywright? playwright;
    private IBrowser? browser;

    /// <summary>Path of a Chromium; null where this machine has none.</summary>
    public static string? Executable { get; } = Environment.GetEnvironmentVariable("UNMASK_CHROMIUM") is { Length: > 0 } named ? named : places.FirstOrDefault(File.Exists);

    /// <summary>A page of its own, with its own cookies. Skips the test where there is no browser.</summary>
    public async Task<IPage> Open(string theme = "light", int width = 1280, int height = 860)
    {
        Assert.SkipWhen(Executable is null, "This machine has no Chromium; install it (Debian: apt-get install chromium) or name one in UNMASK_CHROMIUM.");
        var context = await browser!.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = height },
            ColorScheme = theme == "dark" ? ColorScheme.Dark : ColorScheme.Light,
            Locale = "de-DE",
        });
        return await context.NewPageAsync();
    }

    public async ValueTask InitializeAsync()
    {
        if (Executable is null) return;
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Executable,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (browser is not null) await browser.DisposeAsync();
        playwright?.Dispose();
    }
}
