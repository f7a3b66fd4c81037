using Unmask.Core.Models;
using Unmask.Core.Protocol.Client;
using Unmask.Core.Workspaces;
using Unmask.Web.Chat;
using Xunit;

namespace Unmask.EndToEnd.Service;

/// <summary>Sessions of the workbench with a real engine.</summary>
public sealed class ChatSessionTests
{
    [Fact]
    public async Task A_session_whose_model_nobody_asked_for_long_is_open_no_more_and_says_why()
    {
        using var place = new Workplace();
        var workspace = Workspace.Open(place.In("home"));
        await TinyModel.Make(Path.Combine(workspace.ModelsPath, "tiny"), place);
        await using var sessions = new ChatSessions(new ModelStore(workspace), Engines.Program, new EngineProcessOptions { IdleTime = TimeSpan.FromSeconds(.5) });
        var fresh = sessions.Open(new ChatChoice("tiny"));
        var used = sessions.Open(new ChatChoice("tiny"));
        await used.Load(null, TestContext.Current.CancellationToken);

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (sessions.Find(used.Id) is not null) await Task.Delay(50, patience.Token);

        Assert.Equal("tiny was unloaded after 0.5 seconds without a message. The next message loads the model again.", sessions.FarewellOf(used.Id));
        // One that never had anything in memory waits.
        Assert.Same(fresh, Assert.Single(sessions.All));
    }
}
