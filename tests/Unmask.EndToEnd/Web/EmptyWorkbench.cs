using Unmask.EndToEnd.Web;
using Xunit;

[assembly: AssemblyFixture(typeof(Browser))]
[assembly: Browser.ClosesPages]

namespace Unmask.EndToEnd.Web;

/// <summary>One workbench with nothing in it, for the tests of a class that leave nothing in it.</summary>
public sealed class EmptyWorkbench : IAsyncLifetime
{
    internal Server Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await Server.Start();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
