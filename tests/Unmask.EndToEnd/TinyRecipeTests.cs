using System.Text.Json;
using Unmask.Core.Protocol;
using Unmask.Core.Protocol.Client;
using Unmask.EndToEnd.Service;
using Xunit;

namespace Unmask.EndToEnd;

/// <summary>The recipes in recipes/tiny, as they stand but for fewer steps: planned, trained and sampled.</summary>
public sealed class TinyRecipeTests : IAsyncDisposable
{
    private readonly Workplace place = new();

    public async ValueTask DisposeAsync()
    {
        await engine.DisposeAsync();
        place.Dispose();
    }

    private readonly EngineProcess engine = Engines.Start();

    [Fact]
    public async Task The_chat_twin_becomes_a_model_that_can_be_sampled()
    {
        await Train("modernbert-chat", steps: 20, fall: 0.6);

        Assert.True(File.Exists(place.In("modernbert-chat/outputs/model.safetensors")));
        Assert.Contains("[Question]", File.ReadAllText(place.In("modernbert-chat/outputs/chat_template.jinja")), StringComparison.Ordinal);
        await Sample("modernbert-chat/outputs", "What is a person?");
    }

    [Theory]
    [InlineData("dream-base", "dream-lora")]
    [InlineData("llada-base", "llada-4bit-lora")]
    public async Task A_base_and_its_adapter_are_trained_one_after_the_other(string basis, string adapter)
    {
        await Train(basis, steps: 20, fall: 0.85, "train_rows=1300");
        await Train(adapter, steps: 12, fall: 0.9, "train_rows=1300", $"model={place.In($"{basis}/outputs")}");

        string[] files = ["adaptor/adapter_config.json", "adaptor/adapter_model.safetensors", "fused/config.json", "fused/model.safetensors"];
        Assert.All(files, file => Assert.True(File.Exists(place.In($"{adapter}/outputs/{file}")), file));
        await Sample($"{adapter}/outputs/adaptor", "M IH M OW S AH");
        await Sample($"{adapter}/outputs/fused", "M IH M OW S AH");
    }

    /// <summary>Runs the recipe for a few steps; the loss must come down to <paramref name="fall"/> of what it began with.</summary>
    private async Task Train(string recipe, int steps, double fall, params string[] changes)
    {
        var path = Path.Combine(Executable.Repository, "recipes", "tiny", $"{recipe}.yaml");
        string[] given = [$"train_steps={steps}", "logging_steps=2", "eval_strategy=no", "sample_count=0", .. changes];
        string[] settings = [.. given.SelectMany(change => (string[])["--set", change])];
        var plan = await engine.AskAsync(new PlanRequest(new RecipeText { Yaml = File.ReadAllText(path), Folder = Path.GetDirectoryName(path)!, Overrides = given }));
        Assert.True(plan.CanStart, string.Join('\n', plan.Problems));

        var run = await Executable.Run(["train", path, "--run-dir", place.In(recipe), .. settings], place.Folder, environment: ReferenceRuns.Environment);
        Assert.True(run.Code == 0, $"exit code {run.Code}\n{run.Output}\n{run.Error}");
        var losses = File.ReadLines(place.In($"{recipe}/events.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)
            .Where(one => one.GetProperty("event").GetString() == "step_logged").Select(one => one.GetProperty("loss").GetDouble()).ToArray();
        Assert.True(losses[^3..].Average() < fall * losses[0], $"{recipe}: the loss went from {losses[0]} to {string.Join(", ", losses[^3..])}");
    }

    private async Task Sample(string model, string prompt)
    {
        await engine.AskAsync(new LoadRequest(place.In(model)));
        var answer = await engine.AskAsync(new GenerateRequest { Turns = [new ChatTurn("user", prompt)] }, _ => { });
        Assert.True(answer.NewTokens > 0);
    }
}
