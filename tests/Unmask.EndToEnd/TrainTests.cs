using System.Text;
using System.Text.Json;
using Unmask.Core.Events;
using Xunit;

namespace Unmask.EndToEnd;

public sealed class TrainTests : IDisposable
{
    private readonly Workplace place = new();

    public void Dispose() => place.Dispose();

    [Fact]
    public async Task A_recipe_becomes_a_run_folder_and_a_model()
    {
        var outcome = await place.Train();

        Assert.True(outcome.Code == 0, $"exit code {outcome.Code}\n{outcome.Output}\n{outcome.Error}");
        Assert.All(["config.yaml", "events.jsonl"], file => Assert.True(File.Exists(place.In("run/" + file)), file));
        Assert.Equal(
            ["README.md", "chat_template.jinja", "config.json", "generation_config.json", "lineage.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"],
            Directory.EnumerateFileSystemEntries(place.In("run/outputs")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.NotEmpty(Directory.EnumerateFiles(place.In("run/tensorboard")));
        Assert.NotEmpty(Directory.EnumerateDirectories(place.In("run/checkpoints")));
        Assert.Contains("Next steps", outcome.Output);
        Assert.DoesNotContain("\e", outcome.Output);

        var inspected = await Executable.Run("model", "inspect", place.In("run/outputs"));
        Assert.True(inspected.Code == 0, inspected.Output + inspected.Error);
        Assert.Contains("No problems found.", inspected.Output);
        var sampled = await Executable.Run("sample", "--model", place.In("run/outputs"), "--prompt", "ab", "--max-new-tokens", "8", "--steps", "4");
        Assert.True(sampled.Code == 0, sampled.Output + sampled.Error);
    }

    /// <summary>A small fresh model of each family learns the first words of the sample data and writes something when asked.</summary>
    [Theory]
    [InlineData("dream", "{hidden_size: 64, intermediate_size: 192, num_attention_heads: 2, num_key_value_heads: 1, num_hidden_layers: 2}")]
    [InlineData("llada", "{d_model: 64, mlp_hidden_size: 192, n_heads: 2, n_kv_heads: 2, n_layers: 2}")]
    public async Task Each_method_trains_a_model_that_can_be_sampled(string method, string config)
    {
        var words = Path.Combine(Executable.Repository, "samples", "cmudict", "train.jsonl");
        var outcome = await place.Train(
            $"training_method={method}", $"model_architecture={method}", $"model_config={config}", $"dataset={words}", "train_rows=2000", "max_length=40", "batch_size=48", "train_steps=60",
            "vocabulary=word", "learning_rate=3e-3", "sample_count=2", "eval_rows=100", "eval_steps=60");
        Assert.True(outcome.Code == 0, $"exit code {outcome.Code}\n{outcome.Output}\n{outcome.Error}");
        var losses = File.ReadLines(place.In("run/events.jsonl")).Where(line => Kind(line) == "step_logged").Select(line => JsonDocument.Parse(line).RootElement.GetProperty("loss").GetDouble()).ToArray();
        Assert.True(losses[^10..].Average() < 0.7 * losses[..5].Average(), $"the loss went from {losses[..5].Average()} to {losses[^10..].Average()}");

        string[] sample = ["sample", "--model", place.In("run/outputs"), "--prompt", "mimosa", "--max-new-tokens", "12"];
        var answer = await Executable.Run(sample, place.Folder);
        Assert.True(answer.Code == 0, answer.Error);
        Assert.Matches("[A-Z]", answer.Output);
        Assert.Equal(answer.Output, (await Executable.Run(sample, place.Folder)).Output);
    }

    [Fact]
    public async Task With_json_every_line_is_an_event_and_the_last_says_done()
    {
        var outcome = await Executable.Run(
            ["train", place.Recipe(), "--run-dir", place.In("run"), "--json", "--set", "sample_count=2", "--set", "final_evaluation=edit_distance", "--set", "final_evaluation_dataset=rows.jsonl", "--set", "final_evaluation_rows=3"],
            place.Folder);

        var lines = outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(0, outcome.Code);
        Assert.All(lines, line => Assert.False(EventFormat.FromLine(Encoding.UTF8.GetBytes(line)) is null or UnknownEvent, line));
        Assert.Superset(
            new HashSet<string?> { "run_started", "phase_changed", "notice", "step_logged", "evaluation_finished", "samples_drawn", "checkpoint_saved", "final_evaluation", "run_finished" },
            lines.Select(Kind).ToHashSet());
        Assert.Equal("run_started", Kind(lines[0]));
        Assert.Equal("run_finished", Kind(lines[^1]));
        Assert.Contains(lines, line => Kind(line) == "step_logged");
        Assert.Contains("\"outcome\":\"done\"", lines[^1]);
    }

    [Theory, InlineData("INT", 130), InlineData("TERM", 143)]
    public async Task A_signal_saves_ends_and_can_be_gone_on_from(string signal, int code)
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("Windows has no such signals.");
        using var process = Executable.Start(
            ["train", place.Recipe(), "--run-dir", place.In("run"), "--json", "--set", "train_steps=100000", "--set", "logging_steps=1", "--set", "save_steps=100000", "--set", "eval_strategy=no"], place.Folder);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        while (await process.StandardOutput.ReadLineAsync() is { } line && Kind(line) != "step_logged")
        {
        }

        using (var kill = System.Diagnostics.Process.Start("kill", [$"-{signal}", process.Id.ToString()])) await kill.WaitForExitAsync();
        var rest = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Equal(code, process.ExitCode);
        Assert.Contains("Stopping", await error);
        Assert.Contains("\"outcome\":\"stopped\"", rest);
        Assert.NotEmpty(Directory.EnumerateDirectories(place.In("run/checkpoints")));
    }

    private static string? Kind(string line)
    {
        using var json = JsonDocument.Parse(line);
        return json.RootElement.GetProperty("event").GetString();
    }
}
