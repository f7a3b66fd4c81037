using Unmask.Core;
using Xunit;

namespace Unmask.Tests;

public sealed class ChildSecretsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("model_size: tiny\ndataset: rows.jsonl\n", SecretNeeds.None)]
    [InlineData("model: org/model\ndataset: rows.jsonl\n", SecretNeeds.Hub)]
    [InlineData("model_size: tiny\ndataset: org/rows[train:100]\n", SecretNeeds.Hub)]
    [InlineData("model_size: tiny\ndataset: rows.jsonl\nlog_to_wandb: true\n", SecretNeeds.Wandb)]
    [InlineData("model: org/model\ndataset: rows.jsonl\nlog_to_wandb: true\n", SecretNeeds.Hub | SecretNeeds.Wandb)]
    [InlineData("not a recipe", SecretNeeds.None)]
    public void A_run_gets_the_secrets_of_the_services_that_its_settings_name(string config, SecretNeeds needs)
    {
        folder.Write("rows.jsonl", "{}");
        folder.Write("config.yaml", config);

        Assert.Equal(needs, Core.Jobs.Launching.RunSecrets.NeededBy(folder.Path));
    }

    [Fact]
    public void A_process_keeps_what_it_needs_and_gets_what_is_stored_of_it()
    {
        var program = new UnmaskProgram("unmask", []) { Variables = () => new Dictionary<string, string> { ["HF_TOKEN"] = "stored", ["WANDB_API_KEY"] = "stored" } };
        Dictionary<string, string?> Environment() => new() { ["HF_TOKEN"] = "own", ["HUGGING_FACE_HUB_TOKEN"] = "own", ["WANDB_API_KEY"] = "own", ["PATH"] = "x" };

        var (engine, worker) = (Environment(), Environment());
        program.AddTo(engine);
        program.AddTo(worker, SecretNeeds.Wandb);

        Assert.Equal(["PATH"], engine.Keys);
        Assert.Equal(["PATH", "WANDB_API_KEY"], worker.Keys.Order());
        Assert.Equal("stored", worker["WANDB_API_KEY"]);
    }
}
