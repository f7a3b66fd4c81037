using System.Text;
using System.Text.Json;
using Unmask.Core.Events;
using Unmask.Core.Jobs;
using Unmask.Core.Jobs.Registry;
using Unmask.Core.Jobs.Status;
using Unmask.Core.Parameters.Recipes;
using Unmask.Web.Live;
using Xunit;

namespace Unmask.Tests.Jobs;

/// <summary>Run folders with files changed at random: whatever stands in them, the scheduler goes on, shows the other runs, and tells of no bug.</summary>
public sealed class RunFolderFuzzTests : IDisposable
{
    private const int Runs = 24;

    private static readonly byte[][] pieces =
    [
        .. ((string[])["null", "[]", "{}", "-1", "1e999", "9223372036854775807", "0.5", "\"NaN\"", "\"\\ud800\"", "\"x\"", "true", "\0", "\n", "\r", "\"", ",", ":", "{", "[", "]", "}", "&a", "*a", "? ", "- ", "---\n", "\u0085", "\u2028", "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00"]).Select(Encoding.UTF8.GetBytes),
        [0xff], [0xc3], [0xef, 0xbb, 0xbf], new byte[512],
    ];

    private readonly StrangeRuns runs = new();
    private readonly Dictionary<string, byte[]> whole = [];

    public RunFolderFuzzTests()
    {
        whole["config.yaml"] = Encoding.UTF8.GetBytes(ConfigFile.Write(runs.Settings));
        whole["events.jsonl"] = [.. StrangeRuns.WholeRun.SelectMany(EventFormat.ToLine)];
        whole["job.json"] = """{"v":1,"id":"x","name":"y","created":"2026-01-31T12:00:00+00:00","state":"interrupted","order":2,"origin":{"template":"t","parent":"p","step":3},"tags":["a"],"archived":false,"attempts":[{"process_id":999999,"process_started":"2026-01-31T12:00:00+00:00","ended":"2026-01-31T12:01:00+00:00","exit_code":1,"birth":"b:1"}],"intent":{"mode":"after_step","since":"2026-01-31T12:00:00+00:00","pause":true},"fault":{"reason":"internal","message":"m"},"seen":"2026-01-31T12:00:00+00:00","key":"k"}"""u8.ToArray();
        whole["process.json"] = """{"process_id":999999,"process_started":"2026-01-31T12:00:00+00:00","birth":"b:1"}"""u8.ToArray();
        whole["stop.json"] = """{"mode":"save"}"""u8.ToArray();
        whole["log.txt"] = "2026-01-31T12:00:00.000Z info  text\n2026-01-31T12:00:00.000Z error text\nraw\n"u8.ToArray();
        whole["checkpoints/step-000003/manifest.json"] = """{"v":1,"step":3,"saved":"regular","config_sha256":"","event_position":0,"files":[{"name":"a","bytes":1,"sha256":"b"}],"sha256":""}"""u8.ToArray();
    }

    public void Dispose() => runs.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Whatever_is_in_them_the_board_goes_on(int seed)
    {
        var random = new Random(seed);
        runs.Write("home/runs/good", StrangeRuns.WholeRun);
        for (var i = 0; i < Runs; i++)
        {
            var changed = whole.Keys.ElementAt(random.Next(whole.Count));
            foreach (var (name, bytes) in whole) runs.Folder.Write($"{(i % 3 == 0 ? "runs" : "home/runs")}/run-{i}/{name}", name == changed || random.Next(4) == 0 ? Changed(bytes, random) : bytes);
        }

        await using (var scheduler = runs.Open())
        {
            scheduler.Queue.Pause();
            for (var turn = 0; turn < 2; turn++)
            {
                scheduler.Turn();
                Look(scheduler);
                scheduler.Discover();
            }
        }

        await using var again = runs.Open();
        Look(again);
    }

    private static void Look(RunScheduler scheduler)
    {
        Assert.True(scheduler.Trouble is null, scheduler.Trouble);
        var all = scheduler.List();
        Assert.Equal(Runs + 1, all.Count);
        Assert.Equal((RunStatus.Succeeded, null), (scheduler.Find("good")!.Status, scheduler.Find("good")!.Problem));
        foreach (var run in all)
        {
            Assert.NotNull(RunNews.Of(run).Numbers["phase"] + RunView.Remark(run));
            Assert.NotEmpty(JsonSerializer.Serialize(run, EventFormat.Options));
            var history = scheduler.History(run.Id)!;
            Assert.Equal(history.Keys.Count, history.Series(history.Keys, 4).Count);
            Assert.All(history.SampleSteps.Select(history.SamplesAt), drawn => Assert.All(drawn?.Samples ?? [], sample => Assert.NotNull(sample.Output)));
            Assert.All(history.Checkpoints, checkpoint => Assert.True(checkpoint.Bytes >= 0));
            Assert.True(history.Evaluations.Count + history.Notices.Count + history.Log.Page().Lines.Count + (history.FinalEvaluation?.Metrics.Count ?? 0) >= 0);
            _ = (scheduler.Feed.PositionOf(run.Id), scheduler.Storage.SizesOf(run.Id), scheduler.SettingsOrNull(run.Id));
            var glance = RunGlance.Read(run.Path);
            Assert.Equal(run.Problem, glance.Problem);
        }

        _ = (scheduler.Queue.List(), scheduler.Queue.ListDevices(), scheduler.Storage.DiskUse());
    }

    private static byte[] Changed(byte[] bytes, Random random)
    {
        var changed = bytes.ToList();
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            var at = random.Next(changed.Count + 1);
            var length = Math.Min(changed.Count - at, random.Next(1, 40));
            switch (random.Next(5))
            {
                case 0:
                    changed.RemoveRange(at, length);
                    break;
                case 1:
                    changed.InsertRange(at, pieces[random.Next(pieces.Length)]);
                    break;
                case 2:
                    changed.RemoveRange(at, length);
                    changed.InsertRange(at, pieces[random.Next(pieces.Length)]);
                    break;
                case 3 when length > 0:
                    changed[at] ^= (byte)(1 << random.Next(8));
                    break;
                default:
                    Replace(changed, random);
                    break;
            }
        }

        return [.. changed];
    }

    /// <summary>Puts something else in the place of a value of JSON or YAML.</summary>
    private static void Replace(List<byte> bytes, Random random)
    {
        List<int> colons = [.. Enumerable.Range(0, bytes.Count).Where(i => bytes[i] == (byte)':')];
        if (colons.Count == 0) return;
        var start = colons[random.Next(colons.Count)] + 1;
        var end = bytes.FindIndex(start, letter => letter is (byte)',' or (byte)'\n' or (byte)'}' or (byte)']');
        if (end < 0) return;
        bytes.RemoveRange(start, end - start);
        bytes.InsertRange(start, pieces[random.Next(pieces.Length)]);
    }
}
