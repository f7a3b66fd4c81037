using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Unmask.Core.Events;
using Unmask.Core.Parameters;
using Unmask.Core.Runs;
using Unmask.Core.Runs.Logs;
using Unmask.Core.Tracking.Wandb;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Tracking;

public sealed class WandbLiveTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private static readonly TrainParameters Settings = new() { LogToWandb = true, AdaptorName = "first", ModelSize = "tiny", Dataset = "rows.jsonl", WandbProject = "words" };

    private readonly TemporaryFolder folder = new();
    private readonly List<string> told = [];

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_run_arrives_whole()
    {
        using var fake = new WandbFake();
        using var run = RunFolder.Create(Settings, folder["run"]);
        File.WriteAllText(Path.Combine(run.Path, "log.txt"), LogLine.Format(Noon, LogLineLevel.Error, "oh") + "\n");

        Report(fake, run, [Step(10), new EvaluationFinished(10, 2) { Time = Noon }, new SamplesDrawn(10, [new("a", "b")]) { Time = Noon }, Step(20), new RunFinished(RunOutcome.Done, 20) { Time = Noon }]);

        Assert.Empty(fake.Violations);
        Assert.Equal([10L, 20], fake.Lines["wandb-history.jsonl"].Select(line => (long)JsonNode.Parse(line)!["_step"]!));
        Assert.Equal("ERROR 2026-01-31T12:00:00.000000 oh\n", Assert.Single(fake.Lines["output.log"]));
        Assert.True((bool)JsonNode.Parse(Assert.Single(fake.Lines["wandb-events.jsonl"]))!["_wandb"]!);
        Assert.Equal(20, (double)JsonNode.Parse(fake.Summary!)!["train/loss"]!);
        Assert.Equal("first", (string)fake.Config!["adaptor_name"]!["value"]!);
        Assert.Equal(0, fake.ExitCode);
        Assert.Contains("config.yaml", fake.Stored.Keys);
        Assert.Contains(fake.Stored.Keys, name => name.StartsWith("media/table/", StringComparison.Ordinal));
        var link = WandbLink.Read(run.Path)!;
        Assert.Equal($"{fake.Address}/me/words/runs/{WandbFake.RunId}", link.Url);
        Assert.Contains(told, sentence => sentence.Contains(link.Url!, StringComparison.Ordinal));
        Assert.Single(Directory.GetFiles(link.Folder, "*.synced"));
        Assert.DoesNotContain(Directory.EnumerateFiles(run.Path, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)), file => File.ReadAllText(file).Contains(WandbFake.Key, StringComparison.Ordinal));
    }

    [Fact]
    public void Lost_answers_double_nothing()
    {
        using var fake = new WandbFake { LoseEvery = 2 };
        using var run = RunFolder.Create(Settings, folder["run"]);

        Report(fake, run, [.. Enumerable.Range(1, 30).Select(Step), new RunFinished(RunOutcome.Failed, 30) { Time = Noon }]);

        Assert.Empty(fake.Violations);
        Assert.Equal(30, fake.Lines["wandb-history.jsonl"].Count);
        Assert.Equal(1, fake.ExitCode);
    }

    [Fact]
    public void A_resumed_run_sends_what_is_missing()
    {
        using var fake = new WandbFake();
        using var run = RunFolder.Create(Settings, folder["run"]);
        using (var events = run.StartEvents())
        {
            for (var step = 1; step <= 4; step++) events.Write(Step(step));
        }

        // The server has steps 1 and 2 of an interrupted process; the run goes on after step 4.
        Report(fake, run, []);
        Assert.Equal(3, fake.Lines["wandb-history.jsonl"].Count);
        fake.Lines["wandb-history.jsonl"].RemoveRange(2, 1);
        fake.Reopen();
        Report(fake, run, [Step(5), new RunFinished(RunOutcome.Done, 5) { Time = Noon }]);

        Assert.Empty(fake.Violations);
        Assert.Equal([1L, 2, 3, 4, 5], fake.Lines["wandb-history.jsonl"].Select(line => (long)JsonNode.Parse(line)!["_step"]!));
    }

    [Fact]
    public void Stop_on_the_page_ends_the_training_once()
    {
        using var fake = new WandbFake { Stops = true };
        using var run = RunFolder.Create(Settings, folder["run"]);
        var stops = 0;
        Report(fake, run, [Step(1), new RunFinished(RunOutcome.Stopped, 1) { Time = Noon }], () => stops++);
        Assert.Equal(1, stops);
    }

    [Fact]
    public void A_server_that_is_away_or_refuses_costs_one_sentence_and_no_time()
    {
        using var run = RunFolder.Create(Settings, folder["run"]);
        var clock = Stopwatch.StartNew();
        Report("http://127.0.0.1:9", run, [.. Enumerable.Range(1, 100).Select(Step), new RunFinished(RunOutcome.Done, 100) { Time = Noon }]);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(15), $"{clock.Elapsed}");
        Assert.Contains(told, sentence => sentence.Contains("upload it with: wandb sync", StringComparison.Ordinal));
        told.Clear();

        using var fake = new WandbFake { Refuses = HttpStatusCode.Unauthorized };
        using var second = RunFolder.Create(Settings, folder["second"]);
        Report(fake, second, [Step(1), new RunFinished(RunOutcome.Done, 1) { Time = Noon }]);
        Assert.Equal(1, fake.Calls);
        Assert.Contains(told, sentence => sentence.Contains("the key is not accepted (401)", StringComparison.Ordinal));
        Assert.DoesNotContain(told, sentence => sentence.Contains(WandbFake.Key, StringComparison.Ordinal));
    }

    [Fact]
    public void A_key_is_tested_by_asking_whose_it_is()
    {
        using var fake = new WandbFake();
        Assert.Equal("me", WandbAccount.Of(WandbFake.Key, name => name == "WANDB_BASE_URL" ? fake.Address : null));
        Assert.Empty(fake.Violations);
        using var refusing = new WandbFake { Refuses = HttpStatusCode.Unauthorized };
        Assert.Contains("not accepted", Assert.Throws<UserError>(() => WandbAccount.Of(WandbFake.Key, name => name == "WANDB_BASE_URL" ? refusing.Address : null)).Message, StringComparison.Ordinal);
    }

    private static StepLogged Step(int step) => new(step, 0, step) { Time = Noon.AddSeconds(step) };

    private void Report(WandbFake fake, RunFolder run, IEnumerable<RunEvent> events, Action? stop = null) => Report(fake.Address, run, events, stop);

    private void Report(string address, RunFolder run, IEnumerable<RunEvent> events, Action? stop = null)
    {
        Dictionary<string, string> variables = new() { ["WANDB_BASE_URL"] = address, ["WANDB_API_KEY"] = WandbFake.Key, ["WANDB_RUN_ID"] = WandbFake.RunId, ["HOME"] = folder.Path };
        using var sink = WandbSink.Open(run, Settings, stop ?? (() => { }), notice => told.Add(notice.Message), variables.GetValueOrDefault, TimeSpan.FromMilliseconds(20))!;
        foreach (var happened in events) sink.Write(happened);
    }
}
