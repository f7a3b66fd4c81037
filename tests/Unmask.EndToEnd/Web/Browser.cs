using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.Playwright;
using Unmask.Web.Security;
using Xunit;
using Xunit.v3;

namespace Unmask.EndToEnd.Web;

/// <summary>A real Chromium for the tests of the workbench, started once. UNMASK_CHROMIUM names it; else the system's is taken.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    /// <summary>What each test opened, by the test's id.</summary>
    private static readonly ConcurrentDictionary<string, List<IBrowserContext>> opened = new();

    private IPlaywright? playwright;
    private IBrowser? browser;

    /// <summary>Path of a Chromium; null where this machine has none.</summary>
    public static string? Executable { get; } = Environment.GetEnvironmentVariable("UNMASK_CHROMIUM") is { Length: > 0 } named ? named : places.FirstOrDefault(File.Exists);

    /// <summary>A page of its own, with its own cookies, among them that of a workbench's token. Skips the test where there is no browser.</summary>
    internal async Task<IPage> Open(Server? server, string theme = "light", int width = 1280, int height = 860)
    {
        Assert.SkipWhen(Executable is null, "This machine has no Chromium; install it (Debian: apt-get install chromium) or name one in UNMASK_CHROMIUM.");
        var context = await browser!.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = height },
            ColorScheme = theme == "dark" ? ColorScheme.Dark : ColorScheme.Light,
            Locale = "de-DE",
        });
        if (server?.Token is { } token) await context.AddCookiesAsync([new() { Name = AccessToken.CookieName(new Uri(server.Address).Port), Value = token, Url = server.Address, HttpOnly = true, SameSite = SameSiteAttribute.Strict }]);
        opened.GetOrAdd(TestContext.Current.Test!.UniqueID, _ => []).Add(context);
        return await context.NewPageAsync();
    }

    /// <summary>Closes what a test opened: a page that stays would go on to ask for a server that is gone.</summary>
    [AttributeUsage(AttributeTargets.Assembly)]
    public sealed class ClosesPagesAttribute : BeforeAfterTestAttribute
    {
        public override void After(MethodInfo methodUnderTest, IXunitTest test)
        {
            if (!opened.TryRemove(test.UniqueID, out var contexts)) return;
            Task.Run(() => Task.WhenAll(contexts.Select(context => context.CloseAsync()))).Wait(TimeSpan.FromSeconds(30));
        }
    }

    public async ValueTask InitializeAsync()
    {
        if (Executable is null) return;
        // What is waited for comes; how soon, a machine that other tests keep busy cannot tell.
        Assertions.SetDefaultExpectTimeout(30_000);
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Executable,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
    }

    public async ValueTask DisposeAsync()
    {
        // One that hangs must not keep the results of all tests to itself.
        if (browser is not null) await Task.WhenAny(browser.DisposeAsync().AsTask(), Task.Delay(TimeSpan.FromSeconds(30)));
        playwright?.Dispose();
    }
}
