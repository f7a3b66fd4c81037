using Xunit;

namespace Unmask.Tests.Library;

public sealed class UnmaskTrainerTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_run_is_stopped_resumed_and_its_model_answers()
    {
        using var stop = new CancellationTokenSource();
        var events = new List<TrainingEvent>();
        var stopped = await UnmaskTrainer.TrainAsync(Recipe(steps: 6), folder["run"], new Watch(happened =>
        {
            events.Add(happened);
            if (happened is TrainingStepEvent { Step: 2 }) stop.Cancel();
        }), stop.Token);

        Assert.False(stopped.IsCompleted);
        Assert.InRange(stopped.Steps, 2, 5);
        Assert.Null(stopped.ModelFolder);
        Assert.Contains(events, happened => happened is TrainingCheckpointEvent checkpoint && Directory.Exists(checkpoint.Folder));
        Assert.Equal(stopped, Assert.IsType<TrainingFinishedEvent>(events[^1]).Result);

        var result = await UnmaskTrainer.ResumeAsync(folder["run"]);

        Assert.True(result.IsCompleted);
        Assert.Equal(6, result.Steps);
        using var model = await UnmaskModel.OpenAsync(result.ModelFolder!, new ModelOptions { Device = "cpu" });
        Assert.True((await model.GenerateAsync("cat", new GenerationOptions { MaxNewTokens = 4 })).Steps > 0);
        Assert.Contains("is done already", (await Assert.ThrowsAsync<UnmaskException>(() => UnmaskTrainer.ResumeAsync(folder["run"]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_ends_with_the_result()
    {
        var events = new List<TrainingEvent>();
        await foreach (var happened in UnmaskTrainer.StreamAsync(Recipe(steps: 2), folder["run"])) events.Add(happened);

        Assert.Equal([1, 2], events.OfType<TrainingStepEvent>().Select(step => step.Step));
        Assert.True(Assert.IsType<TrainingFinishedEvent>(events[^1]).Result.IsCompleted);
    }

    [Fact]
    public async Task Every_problem_of_a_recipe_is_told_and_no_folder_is_left()
    {
        var recipe = TrainingRecipe.FromSettings(new Dictionary<string, object?> { ["dataset"] = folder["absent.jsonl"], ["batch_size"] = 0, ["lerning_rate"] = 1e-3 });
        var error = await Assert.ThrowsAsync<UnmaskException>(() => UnmaskTrainer.TrainAsync(recipe, folder["run"]));

        Assert.Equal(recipe.Check(), error.Problems);
        Assert.Contains(error.Problems, problem => problem.Contains("batch_size is 0", StringComparison.Ordinal));
        Assert.Contains(error.Problems, problem => problem.Contains("did you mean learning_rate", StringComparison.Ordinal));
        Assert.False(Directory.Exists(folder["run"]));
    }

    [Fact]
    public void Settings_of_every_kind_are_taken()
    {
        var text = TrainingRecipe.FromSettings(new Dictionary<string, object?>
        {
            ["dataset"] = "a \"quoted\" näme.jsonl",
            ["learning_rate"] = 3e-4,
            ["lora"] = true,
            ["model_config"] = new Dictionary<string, object?> { ["hidden_size"] = 32 },
            ["target_modules"] = new[] { "q_proj", "v_proj" },
            ["eval_dataset"] = null,
        }).ToString();

        Assert.Contains("näme.jsonl", text, StringComparison.Ordinal);
        Assert.Contains("learning_rate: 0.0003", text, StringComparison.Ordinal);
        Assert.Contains("lora: true", text, StringComparison.Ordinal);
        Assert.Contains("\"hidden_size\": 32", text, StringComparison.Ordinal);
        Assert.Contains("[\"q_proj\", \"v_proj\"]", text, StringComparison.Ordinal);
    }

    private TrainingRecipe Recipe(int steps)
    {
        var rows = folder.Write("rows.jsonl", string.Concat(Enumerable.Range(0, 40).Select(i => $$"""{"prompt": "cat {{(char)('a' + i % 5)}}", "response": "mat {{(char)('a' + i % 7)}}"}""" + "\n")));
        return TrainingRecipe.FromSettings(new Dictionary<string, object?>
        {
            ["dataset"] = rows,
            ["model_architecture"] = "bert",
            ["model_size"] = "tiny",
            ["model_config"] = new Dictionary<string, object> { ["hidden_size"] = 32, ["intermediate_size"] = 64, ["num_attention_heads"] = 2, ["num_hidden_layers"] = 1, ["max_position_embeddings"] = 64 },
            ["vocabulary"] = "character",
            ["max_length"] = 32,
            ["batch_size"] = 4,
            ["train_steps"] = steps,
            ["learning_rate"] = 1e-3,
            ["dtype"] = "float32",
            ["logging_steps"] = 1,
            ["sample_count"] = 0,
        });
    }

    private sealed class Watch(Action<TrainingEvent> report) : IProgress<TrainingEvent>
    {
        public void Report(TrainingEvent value) => report(value);
    }
}
