using System.Text;
using Unmask.Core.Events;
using Unmask.Core.Models;
using Unmask.Core.Runs.Checkpoints;
using Unmask.Core.Workspaces;
using Xunit;

namespace Unmask.Tests.Web;

public sealed class CheckpointChoiceTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void Checkpoints_of_runs_can_be_chosen_by_their_id_and_are_not_among_the_models()
    {
        var store = new ModelStore(Workspace.Open(folder.Path));
        Save("first-run", 10, "config.json", """{"architectures": ["BertForMaskedLM"]}""");
        Save("lora.run", 20, "adapter_config.json", """{"base_model_name_or_path": "/models/base"}""");
        Directory.CreateDirectory(Path.Combine(folder.Path, "runs", "first-run", "checkpoints", "step-000011"));

        Assert.Empty(store.All);
        Assert.Equal(["first-run.step-000010", "lora-run.step-000020"], store.Checkpoints.Select(checkpoint => checkpoint.Id).Order());
        var whole = store.Find("first-run.step-000010")!;
        Assert.Equal(("first-run, step 10", "checkpoint", "bert", "first-run"), (whole.Name, whole.Kind, whole.Family, whole.Run));
        Assert.Equal("/models/base", store.Find("lora-run.step-000020")!.Base);
        Assert.Null(store.Find("first-run.step-000011"));
    }

    public void Dispose() => folder.Dispose();

    private void Save(string run, long step, string file, string content)
    {
        using var draft = new CheckpointStore(Path.Combine(folder.Path, "runs", run, "checkpoints")).Begin(step, CheckpointKind.Regular, "hash", 0);
        using (var config = draft.Create(file)) config.Write(Encoding.UTF8.GetBytes(content));
        draft.Complete();
    }
}
