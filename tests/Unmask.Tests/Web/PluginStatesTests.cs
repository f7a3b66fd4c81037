using Unmask.Core.Methods;
using Unmask.Core.Workspaces;
using Xunit;

namespace Unmask.Tests.Web;

public sealed class PluginStatesTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_plugin_stays_disabled_until_it_is_enabled()
    {
        var workspace = Workspace.Open(folder["home"]);
        new PluginStates(workspace).Set("dream", enabled: false);
        new PluginStates(workspace).Set("bert", enabled: false);
        Assert.Equal(["bert", "dream"], new PluginStates(workspace).Disabled);

        new PluginStates(workspace).Set("dream", enabled: true);
        Assert.Equal(["bert"], new PluginStates(workspace).Disabled);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{\"disabled\": null}")]
    [InlineData("{\"disabled\": 3}")]
    public void A_file_that_cannot_be_read_disables_nothing(string content)
    {
        var workspace = Workspace.Open(folder["home"]);
        File.WriteAllText(workspace.PluginsPath, content);
        Assert.Empty(new PluginStates(workspace).Disabled);
    }
}
