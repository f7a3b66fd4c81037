using System.Runtime.CompilerServices;
using CsCheck;
using Unmask.Core.Events;
using Unmask.Core.Jobs.Feeds;
using Unmask.Core.Runs;
using Unmask.Core.Runs.Indexing;
using Xunit;
using Stopwatch = System.Diagnostics.Stopwatch;

namespace Unmask.Tests.Runs;

public sealed class RunIndexTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private string Run => folder["runs/one"];

    private string Log => Path.Combine(Directory.CreateDirectory(Run).FullName, "events.jsonl");

    private string Database => folder["workbench.db"];

    [Fact]
    public void What_a_run_tells_is_found_again_and_each_look_reads_only_what_is_new()
    {
        using var index = RunIndex.Open(Database);
        Assert.Same(RunProgress.None, index.CatchUp(Run));
        using var log = EventLog.Create(Log);
        log.Write(Step(1, 2.0));
        Assert.Equal(1, index.CatchUp(Run).Step);
        log.Write(Step(2, double.NaN));
        log.Write(new EvaluationFinished(2, 1.5, EvalNll: 1.25) { LossByNoiseLevel = [new(0.1, 0.2, 3.5, 7)] });
        log.Write(new SamplesDrawn(2, [new("a", "b")]));
        log.Write(new Notice(NoticeLevel.Warning, "Look."));
        var progress = index.CatchUp(Run);
        Assert.Same(progress, index.CatchUp(Run));
        Assert.Equal((2L, 1.5, 2L), (progress.Step, progress.BestEvalLoss, progress.BestEvalStep));

        var history = new RunHistory(Run, index);
        Assert.Equal([2.0, double.NaN], history.Series(["loss"])[0].Points.Select(point => point.Value));
        Assert.Equal(3.5, history.Latest["eval_noise/0.1-0.2"].Value);
        Assert.Equal(Noon.ToUnixTimeMilliseconds(), history.Latest["grad_norm"].Time);
        Assert.Equal("b", history.SamplesAt(history.SampleSteps.Single())!.Samples[0].Output);
        Assert.Equal((1.25, "Look."), (history.Evaluations.Single().EvalNll, history.Notices.Single().Message));
        Assert.Empty(history.Series(["no such series"])[0].Points);
        Assert.Contains("noise/0-0.1", history.Keys);
    }

    [Fact]
    public void A_log_that_was_set_back_to_a_checkpoint_is_read_anew()
    {
        using var index = RunIndex.Open(Database);
        long place;
        using (var log = EventLog.Create(Log))
        {
            for (var step = 1; step <= 10; step++) log.Write(Step(step, step));
            place = log.Position;
            for (var step = 11; step <= 20; step++) log.Write(Step(step, step));
        }

        Assert.Equal(20, index.CatchUp(Run).Step);
        using (var log = EventLog.Resume(Log, place, new CheckpointSaved(10, "checkpoints/step-000010", CheckpointKind.Regular)))
        {
            // As long as before, so that length alone does not tell.
            for (var step = 11; step <= 19; step++) log.Write(Step(step, 100 + step));
        }

        var progress = index.CatchUp(Run);
        Assert.Equal((19L, 1), (progress.Step, progress.Resumes));
        var points = index.Series(Run, ["loss"])[0].Points;
        Assert.Equal([.. Enumerable.Range(1, 10), .. Enumerable.Range(111, 9)], points.Select(point => (int)point.Value));
        Assert.Equal(10, Assert.IsType<RunResumed>(index.Moments(Run, "run_resumed").Single()).Step);
    }

    [Fact]
    public void The_index_is_worth_nothing_however_it_is_cut_off_or_damaged()
    {
        using (var log = EventLog.Create(Log))
        {
            for (var step = 1; step <= 50; step++) log.Write(Step(step, step));
        }

        IReadOnlyList<MetricPoint> Points()
        {
            using var index = RunIndex.Open(Database);
            index.CatchUp(Run);
            return index.Series(Run, ["loss"])[0].Points;
        }

        var first = Points();
        Assert.Equal(50, first.Count);
        Assert.Equal(first, Points());
        File.Delete(Database);
        Assert.Equal(first, Points());
        File.WriteAllText(Database, "This is no database, and it is long enough to look like one at a first glance. " + new string('x', 5000));
        using (var index = RunIndex.Open(Database)) Assert.Contains("was damaged and has been rebuilt", index.Notice);
        Assert.Single(Directory.EnumerateFiles(folder.Path, "workbench.db.damaged-*"));
        Assert.Equal(first, Points());

        // Damaged in its middle, while it is in use.
        using var open = RunIndex.Open(Database);
        Assert.Equal(50, open.CatchUp(Run).Step);
        using (var file = new FileStream(Database, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete))
        {
            file.Position = 4096;
            file.Write(new byte[file.Length - 4096]);
        }

        File.AppendAllBytes(Log, EventFormat.ToLine(Step(51, 51)));
        foreach (var ending in (string[])["-wal", "-shm"]) Assert.True(!File.Exists(Database + ending) || new FileInfo(Database + ending).Length >= 0);
        open.CatchUp(Run);
        open.Series(Run, ["loss"]);
        open.CatchUp(Run);
        Assert.Equal([.. first.Select(point => point.Step), 51], open.Series(Run, ["loss"])[0].Points.Select(point => point.Step));
    }

    [Fact]
    public void A_run_that_was_forgotten_has_nothing()
    {
        using var index = RunIndex.Open(Database);
        using (var log = EventLog.Create(Log)) log.Write(Step(1, 1));
        index.CatchUp(Run);
        index.ForgetAll(Run);
        Assert.Empty(index.Keys(Run));
        Assert.Equal(1, index.CatchUp(Run).Step);
    }

    [Fact]
    public void Reducing_a_series_keeps_its_ends_and_every_spike() => Gen.Select(Gen.Double[-1, 1].Array[1, 3000], Gen.Int[4, 500], Gen.Int[1, 9]).Sample((values, most, stride) =>
    {
        MetricPoint[] points = [.. values.Select((value, i) => new MetricPoint(i * stride, value, i))];
        var kept = MetricSeries.Reduce(points, most);
        Assert.True(kept.Count <= Math.Max(most, points.Length <= most ? points.Length : 0) + 2);
        Assert.Equal((points[0], points[^1]), (kept[0], kept[^1]));
        Assert.Equal((points.Min(point => point.Value), points.Max(point => point.Value)), (kept.Min(point => point.Value), kept.Max(point => point.Value)));
        Assert.All(kept.Zip(kept.Skip(1)), pair => Assert.True(pair.First.Step < pair.Second.Step));
        Assert.Subset(points.ToHashSet(), kept.ToHashSet());
    }, iter: 200);

    [Fact]
    public void Hundreds_of_thousands_of_points_are_drawn_at_once_and_a_spike_among_them_is_seen()
    {
        const int steps = 40_000;
        using (var log = new StreamWriter(Log))
        {
            for (var step = 1; step <= steps; step++)
            {
                log.Write($$"""{"v":1,"time":"2026-01-31T12:00:00+00:00","event":"step_logged","step":{{step}},"epoch":0.5,"loss":{{(step == 33_333 ? 1000 : 2)}},"nll":1.5,"perplexity_bound":4.5,"masked_accuracy":0.5,"learning_rate":0.001,"grad_norm":1.25,"tokens_per_second":100,"step_seconds":0.01,"memory_bytes":1000}""");
                log.Write('\n');
            }
        }

        using var index = RunIndex.Open(Database);
        var clock = Stopwatch.StartNew();
        Assert.Equal(steps, index.CatchUp(Run).Step);
        TestContext.Current.SendDiagnosticMessage($"400,000 points taken in: {clock.ElapsedMilliseconds} ms");
        string[] keys = ["loss", "nll", "perplexity_bound", "masked_accuracy", "learning_rate", "grad_norm", "tokens_per_second", "step_seconds", "memory_bytes", "epoch"];
        index.Series(Run, keys);
        clock.Restart();
        var series = index.Series(Run, keys);
        TestContext.Current.SendDiagnosticMessage($"ten series of 40,000: {clock.ElapsedMilliseconds} ms");
        Assert.True(clock.ElapsedMilliseconds < 15_000);
        Assert.All(series, one => Assert.InRange(one.Points.Count, 500, 1000));
        Assert.Equal(new MetricPoint(33_333, 1000, Noon.ToUnixTimeMilliseconds()), series[0].Points.MaxBy(point => point.Value));
        Assert.Equal((1L, (long)steps), (series[0].Points[0].Step, series[0].Points[^1].Step));
        var near = index.Series(Run, ["loss"], from: 33_300, to: 33_400)[0];
        Assert.Equal((101, false), (near.Points.Count, near.IsReduced));
    }

    private static StepLogged Step(long step, double loss) => new(step, 0.1, loss, GradNorm: 1) { Time = Noon, LossByNoiseLevel = [new(0, 0.1, 2.5, 3)] };
}

/// <summary>An index that is read into by a feed of its own.</summary>
internal static class IndexReading
{
    private static readonly ConditionalWeakTable<RunIndex, RunFeed> feeds = [];

    public static RunProgress CatchUp(this RunIndex index, string run)
    {
        var feed = FeedOf(index);
        feed.Settle();
        return feed.CatchUp(run);
    }

    public static void ForgetAll(this RunIndex index, string run)
    {
        FeedOf(index).Forget(run);
        FeedOf(index).Settle();
    }

    private static RunFeed FeedOf(RunIndex index) => feeds.GetValue(index, index => new RunFeed(index, _ => null, _ => null, TimeProvider.System));
}
