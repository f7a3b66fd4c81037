using System.Text.Json;
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
        Assert.All(["config.yaml", "events.jsonl", "outputs/config.json", "outputs/model.safetensors", "outputs/tokenizer.json"], file => Assert.True(File.Exists(place.In("run/" + file)), file));
        Assert.NotEmpty(Directory.EnumerateFiles(place.In("run/tensorboard")));
        Assert.NotEmpty(Directory.EnumerateDirectories(place.In("run/checkpoints")));
        Assert.Contains("What to type next", outcome.Output);
        Assert.DoesNotContain("\e", outcome.Output);
    }

    [Fact]
    public async Task With_json_every_line_is_an_event_and_the_last_says_done()
    {
        var outcome = await Executable.Run(["train", place.Recipe(), "--run-dir", place.In("run"), "--json"], place.Folder);

        var lines = outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(0, outcome.Code);
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
