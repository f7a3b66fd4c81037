using System.Globalization;
using Bunit;
using Unmask.Core.Events;
using Unmask.Core.Runs;
using Unmask.Core.Runs.Indexing;
using Unmask.Web.Components;
using Xunit;

namespace Unmask.Tests.Web;

public sealed class RankViewTests : BunitContext
{
    [Fact]
    public void A_run_of_one_process_has_no_processes_to_show()
    {
        Assert.Null(RankView.Of(null));
        Assert.Null(RankView.Of([new RankMeasure(0, 100, 0, 1)]));
        Assert.Empty(Render<RankTable>(parameters => parameters.Add(one => one.Ranks, null)).Markup.Trim());
        Assert.True(Render<RankTable>(parameters => parameters.Add(one => one.Ranks, null).Add(one => one.IsLive, true)).Find("rank-table").HasAttribute("hidden"));
    }

    [Fact]
    public void Efficiency_weighs_what_each_process_loses_by_its_speed()
    {
        Assert.Equal(0.85, RankView.EfficiencyOf([new(0, 300, 0.1, 1), new(1, 100, 0.3, 1)])!.Value, 12);
        Assert.Null(RankView.EfficiencyOf([new(0, 0, 0.5, 1), new(1, 0, 0.5, 1)]));
    }

    [Theory]
    [InlineData("1000 1000 500 1000", "0.5 0.5 0 0.5", 2, "50.0% slower")]
    [InlineData("1000 990 1010 1000", "0.2 0.2 0.2 0.21", null, null)]
    [InlineData("1000 990 1010 1000", "0.3 0.05 0.3 0.3", 1, "wait for this one")]
    [InlineData("1000 600", "0.4 0.4", 1, "slower")]
    [InlineData("0 0", "0 0", null, null)]
    public void The_process_that_the_others_wait_for_is_marked_in_words(string speeds, string waits, int? marked, string? word)
    {
        RankMeasure[] ranks = [.. Numbers(speeds).Zip(Numbers(waits)).Select((pair, rank) => new RankMeasure(rank, pair.First, pair.Second, 1 << 20))];

        var view = RankView.Of(ranks)!;

        Assert.Equal(marked is { } only ? [only] : [], view.Rows.Where(row => row.Remark is not null).Select(row => row.Rank));
        if (word is not null) Assert.Contains(word, view.Rows[marked!.Value].Remark);
        var table = Render<RankTable>(parameters => parameters.Add(one => one.Ranks, view));
        Assert.Equal(ranks.Length, table.FindAll("tbody tr").Count);
        Assert.Equal(marked is null ? [] : ["warning"], table.FindAll(".pill").Select(pill => pill.GetAttribute("data-state")));
    }

    [Fact]
    public void The_last_report_counts_until_the_run_is_resumed()
    {
        var measured = new RanksMeasured(20, [new(0, 100, 0.2, 1), new(1, 100, 0.4, 1)]);
        var progress = RunProgress.None.With(new RanksMeasured(10, [new(0, 1, 0, 1), new(1, 1, 0, 1)])).With(measured);

        Assert.Equal(measured.Ranks, progress.Ranks);
        Assert.Null(progress.With(new RunResumed(10, "checkpoints/step-000010", 20, 1)).Ranks);
        var (key, step, value) = Assert.Single(MetricNames.Of(measured));
        Assert.Equal((MetricNames.WaitingShare, 20L), (key, step));
        Assert.Equal(0.3, value, 12);
    }

    private static IEnumerable<double> Numbers(string text) => text.Split(' ').Select(part => double.Parse(part, CultureInfo.InvariantCulture));
}
