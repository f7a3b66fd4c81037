using System.Text.Json;
using CsCheck;
using Unmask.Core.Events;
using Unmask.Core.Parameters;
using Unmask.Core.Runs;
using Unmask.Core.Runs.Logs;
using Unmask.Core.Tracking.Wandb;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Tracking;

public sealed class WandbOfflineTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private static readonly TrainParameters Settings = new() { LogToWandb = true, AdaptorName = "first", ModelSize = "tiny", Dataset = "rows.jsonl", WandbTags = ["small", "cpu"], WandbProject = "words" };

    private readonly List<string> told = [];

    [Fact]
    public void Records_of_any_length_come_back_whole_from_blocks_of_32_KiB() =>
        Gen.Byte.Array[Gen.OneOf(Gen.Int[0, 40], Gen.Int[32_700, 32_800], Gen.Int[65_000, 99_000])].List[1, 12].Sample(records =>
        {
            using var folder = new TemporaryFolder();
            using (var log = new WandbLog(folder["a.wandb"]))
            {
                foreach (var record in records) log.Append(record);
            }

            var read = WandbReader.Raw(folder["a.wandb"]);
            Assert.Equal(records.Count, read.Count);
            Assert.All(records.Zip(read), pair => Assert.True(pair.First.AsSpan().SequenceEqual(pair.Second)));
        }, iter: 60);

    [Fact]
    public void The_folder_holds_what_sync_demands_in_its_order()
    {
        using var folder = new TemporaryFolder();
        using var run = RunFolder.Create(Settings, folder["run"]);
        Report(run, [
            new StepLogged(10, 0.5, 2.25, LearningRate: 1e-3) { Time = Noon.AddSeconds(1) },
            new RanksMeasured(10, [new(0, 100, 0.25, 1), new(1, 100, 0.75, 1)]) { Time = Noon.AddSeconds(1) },
            new EvaluationFinished(10, double.NaN, EvalMaskedAccuracy: .25) { Time = Noon.AddSeconds(2) },
            new SamplesDrawn(10, [new("a", "b", "c")]) { Time = Noon.AddSeconds(3) },
            new StepLogged(20, 1, 2) { Time = Noon.AddSeconds(4) },
            new RunFinished(RunOutcome.Done, 20, "outputs") { Time = Noon.AddSeconds(5) }]);

        var link = WandbLink.Read(run.Path)!;
        Assert.Matches(@"^[a-z0-9]{8}$", link.Id);
        Assert.Matches($@"wandb/offline-run-\d{{8}}_\d{{6}}-{link.Id}$", link.Folder);
        var records = WandbReader.Records(Assert.Single(Directory.GetFiles(link.Folder, "*.wandb")));
        Assert.Equal($"run-{link.Id}.wandb", Path.GetFileName(Directory.GetFiles(link.Folder)[0]));
        Assert.Equal(Enumerable.Range(1, records.Count).Select(number => (long)number), records.Select(record => record.Number(1)));
        Assert.All(records, record => Assert.Equal(link.Id, record.Message(200).Text(1)));
        int[] kinds = [.. records.Select(record => record.Numbers.Single(number => number is not (1 or 200)))];
        Assert.Equal([21, 17, 6, 6, 11], kinds[..5]);
        Assert.Equal([2, 3, 18, 20, 22], kinds[^5..]);

        var described = records[1].Message(17);
        Assert.Equal((link.Id, "words", "first"), (described.Text(1), described.Text(3), described.Text(8)));
        Assert.Equal(["small", "cpu"], described.Texts(10));
        var config = described.Message(4).Messages(1).ToDictionary(item => item.Text(1)!, item => item.Text(16)!);
        Assert.Equal("\"first\"", config["adaptor_name"]);
        Assert.Equal("{}", config["_wandb"]);

        List<Dictionary<string, string>> rows = [.. WandbReader.History(records)];
        Assert.Equal(["10", "20"], rows.Select(row => row["_step"]));
        Assert.Equal(("2.25", "\"NaN\"", "0.001", "0.5"), (rows[0]["train/loss"], rows[0]["eval/loss"], rows[0]["train/learning_rate"], rows[0]["train/waiting_share"]));
        Assert.Equal([10L, 20], records.Where(record => record.Has(2)).Select(record => record.Message(2).Message(2).Number(1)));
        Assert.All(rows, row => Assert.True(row.ContainsKey("_timestamp") && row.ContainsKey("_runtime")));

        using var table = JsonDocument.Parse(rows[0]["samples"]);
        var path = table.RootElement.GetProperty("path").GetString()!;
        Assert.Contains(records.Where(record => record.Has(6)), record => record.Message(6).Message(1).Text(1) == path);
        var file = new FileInfo(Path.Combine(link.Folder, "files", path));
        Assert.Equal(table.RootElement.GetProperty("size").GetInt64(), file.Length);
        Assert.Contains("\"right answer\"", File.ReadAllText(file.FullName), StringComparison.Ordinal);
        Assert.Equal("2", records.Last(record => record.Has(3)).Message(3).Messages(1).Single(item => item.Text(1) == "train/loss").Text(16));
        Assert.Contains(told, sentence => sentence.Contains("wandb sync uploads it", StringComparison.Ordinal));
        Assert.Equal(link.Folder, Path.GetFullPath(Path.Combine(run.Path, "wandb", new DirectoryInfo(Path.Combine(run.Path, "wandb", "latest-run")).LinkTarget!)));
    }

    [Fact]
    public void A_resumed_run_is_one_run_with_every_step_once()
    {
        using var folder = new TemporaryFolder();
        using var run = RunFolder.Create(Settings, folder["run"]);
        File.WriteAllText(Path.Combine(run.Path, "log.txt"), LogLine.Format(Noon, LogLineLevel.Info, "begins") + "\nraw output of a library\n");
        using (var events = run.StartEvents())
        {
            events.Write(new StepLogged(1, 0, 3) { Time = Noon });
            events.Write(new StepLogged(2, 0, 2) { Time = Noon });
            Report(run, []);
            events.Write(new RunFinished(RunOutcome.Stopped, 2) { Time = Noon });
        }

        Report(run, [new StepLogged(3, 0, 1) { Time = Noon }, new RunFinished(RunOutcome.Failed, 3) { Time = Noon }]);

        var link = WandbLink.Read(run.Path)!;
        var records = WandbReader.Records(Directory.GetFiles(link.Folder, "*.wandb")[0]);
        Assert.Equal(["1", "2", "3"], WandbReader.History(records).Select(row => row["_step"]));
        Assert.Equal(1, Assert.Single(records, record => record.Has(18)).Message(18).Number(1));
        List<ProtoFields> lines = [.. records.Where(record => record.Has(13)).Select(record => record.Message(13))];
        Assert.Equal(["begins\n", "raw output of a library\n"], lines.Select(line => line.Text(3)));
        Assert.Equal([Noon.ToUnixTimeSeconds(), link.Started.ToUnixTimeSeconds()], lines.Select(line => line.Message(2).Number(1)));
        Assert.Single(Directory.GetDirectories(Path.Combine(run.Path, "wandb"), "offline-run-*"));
    }

    [Theory]
    [InlineData("WANDB_MODE", "sometimes", "It must be online, offline or disabled")]
    [InlineData("WANDB_BASE_URL", "here", "It must be an address")]
    [InlineData("WANDB_RUN_ID", "a/b", "must not hold any of")]
    public void A_wrong_variable_is_told(string name, string value, string sentence)
    {
        using var folder = new TemporaryFolder();
        using var run = RunFolder.Create(Settings, folder["run"]);
        Assert.Contains(sentence, Assert.Throws<UserError>(() => WandbSink.Open(run, Settings, () => { }, _ => { }, variable => variable == name ? value : null)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Variables_of_the_client_count_and_settings_go_before_them()
    {
        using var folder = new TemporaryFolder();
        folder.Write(".netrc", "machine other.example login user password wrong\nmachine wandb.example\n  login user\n  password sesame\n");
        Dictionary<string, string> variables = new() { ["WANDB_BASE_URL"] = "https://wandb.example/", ["HOME"] = folder.Path, ["WANDB_PROJECT"] = "other", ["WANDB_ENTITY"] = "team", ["WANDB_TAGS"] = "a, b" };

        var settings = WandbSettings.Read(variables.GetValueOrDefault);
        var run = WandbRun.Of(Settings with { WandbTags = [] }, variables.GetValueOrDefault, "abc", Noon);

        Assert.Equal(("online", "sesame"), (settings.Mode, settings.Key));
        Assert.Equal(("words", "team", "a b"), (run.Project, run.Entity, string.Join(' ', run.Tags)));
        Assert.Equal("https://wandb.example/team/words/runs/abc", settings.PageOf("team", "words", "abc"));
        Assert.Null(WandbSink.Open(null!, Settings, () => { }, _ => { }, variable => variable == "WANDB_MODE" ? "disabled" : null));
    }

    private void Report(RunFolder run, IEnumerable<RunEvent> events)
    {
        using var sink = WandbSink.Open(run, Settings, () => { }, notice => told.Add(notice.Message), variable => variable == "WANDB_MODE" ? "offline" : null)!;
        foreach (var happened in events) sink.Write(happened);
    }
}
