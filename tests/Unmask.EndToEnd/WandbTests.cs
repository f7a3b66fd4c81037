using System.Text.Json.Nodes;
using Unmask.Tests.Tracking;
using Xunit;

namespace Unmask.EndToEnd;

/// <summary>The real executable with a Weights &amp; Biases server on loopback.</summary>
public sealed class WandbTests
{
    [Fact]
    public async Task A_run_that_was_killed_and_went_on_is_one_run_there_with_every_step_once()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("The kill signal is that of Unix.");
        using var place = new Workplace();
        using var fake = new WandbFake();
        Dictionary<string, string> environment = new() { ["WANDB_BASE_URL"] = fake.Address, ["WANDB_API_KEY"] = WandbFake.Key, ["WANDB_RUN_ID"] = WandbFake.RunId, ["OMP_NUM_THREADS"] = "1" };
        string[] settings = ["train_steps=20", "logging_steps=1", "save_steps=5", "eval_steps=10", "train_rows=500", "eval_rows=50", "sample_count=0", "log_to_wandb=true", "wandb_project=words", "log_histograms=true", "final_evaluation=none"];
        string run = place.In("run"), events = Path.Combine(run, "events.jsonl");
        using (var process = Executable.Start(["train", Path.Combine(Executable.Repository, "recipes", "demo.yaml"), "--run-dir", run, .. settings.SelectMany(setting => (string[])["--set", setting])], place.Folder, environment))
        {
            _ = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            _ = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            while (!process.HasExited && !(File.Exists(events) && Read(events).Contains("\"step\":8", StringComparison.Ordinal))) await Task.Delay(20, TestContext.Current.CancellationToken);
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var outcome = await Executable.Run(["train", "--resume", run], place.Folder, environment: environment);

        Assert.True(outcome.Code == 0, outcome.Error);
        Assert.Empty(fake.Violations);
        Assert.Equal(Enumerable.Range(1, 20).Select(step => (long)step), fake.Lines["wandb-history.jsonl"].Select(line => (long)JsonNode.Parse(line)!["_step"]!));
        Assert.Contains(fake.Lines["wandb-history.jsonl"], line => line.Contains("\"_type\":\"histogram\"", StringComparison.Ordinal));
        Assert.Contains(fake.Lines["output.log"], line => line.Contains("20", StringComparison.Ordinal));
        Assert.Equal(0, fake.ExitCode);
        Assert.Contains($"{fake.Address}/me/words/runs/{WandbFake.RunId}", File.ReadAllText(Path.Combine(run, "wandb.json")), StringComparison.Ordinal);
        Assert.DoesNotContain(WandbFake.Key, File.ReadAllText(Path.Combine(run, "log.txt")), StringComparison.Ordinal);
    }

    private static string Read(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd();
    }
}
