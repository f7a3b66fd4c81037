using Unmask.Core.Events;
using Unmask.Core.Jobs.Status;
using Unmask.Core.Runs.Indexing;
using Xunit;

namespace Unmask.Tests.Jobs;

/// <summary>The list of runs costs as much with many runs as with few, in files and in queries.</summary>
public sealed class RunListTests : IDisposable
{
    private readonly StrangeRuns place = new();

    public void Dispose() => place.Dispose();

    [Theory, InlineData(2), InlineData(60)]
    public async Task The_list_reads_no_file_and_its_curves_take_one_question(int count)
    {
        for (var i = 0; i < count; i++) place.Write($"runs/run-{i:D3}", [new PhaseChanged(Phases.Training), .. Steps(1 + i * 3)]);
        await using var scheduler = place.Open();
        var listed = scheduler.List();
        var before = scheduler.Index.Questions;
        Directory.Move(place.Folder["runs"], place.Folder["away"]);

        Assert.Equal(count, listed.Count);
        Assert.Equal(listed.Select(run => (run.Id, run.Progress.Loss)), scheduler.List().Select(run => (run.Id, run.Progress.Loss)));
        Assert.Equal(0, scheduler.Index.Questions - before);
        var losses = scheduler.Index.Series([.. listed.Select(run => run.Path)], MetricNames.Loss, 36);
        Assert.Equal(1, scheduler.Index.Questions - before);
        Assert.Equal(count, losses.Count);
        Assert.All(listed, run => Assert.Equal(run.Progress.Loss, losses[run.Path].Points[^1].Value));
    }

    [Fact]
    public async Task A_curve_of_many_runs_has_the_ends_and_the_spikes_of_each()
    {
        place.Write("runs/short", Steps(9));
        place.Write("runs/long", [.. Steps(5000), new StepLogged(5001, 0.1, 1000)]);
        place.Write("runs/none", new PhaseChanged(Phases.Training));
        await using var scheduler = place.Open();
        var runs = scheduler.List().ToDictionary(run => run.Id, run => run.Path);
        var losses = scheduler.Index.Series([.. runs.Values], MetricNames.Loss, 36);

        Assert.Equal(Enumerable.Range(1, 9), losses[runs["short"]].Points.Select(point => (int)point.Step));
        Assert.InRange(losses[runs["long"]].Points.Count, 4, 38);
        Assert.Equal(1000, losses[runs["long"]].Points.Max(point => point.Value));
        Assert.DoesNotContain(runs["none"], losses);
        Assert.Equal(RunStatus.Interrupted, scheduler.Find("long")!.Status);
    }

    private static IEnumerable<RunEvent> Steps(int count) => Enumerable.Range(1, count).Select(step => new StepLogged(step, 0.1, 1.0 / step));
}
