using Unmask.Core.Events;
using Unmask.Core.Jobs;
using Unmask.Core.Jobs.Feeds;
using Unmask.Core.Parameters;
using Unmask.Core.Workspaces;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Jobs;

/// <summary>What a page that follows a run gets, also when its connection breaks and when the run goes back.</summary>
public sealed class RunFeedTests : IAsyncDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly RunScheduler scheduler;
    private readonly string id;

    public RunFeedTests()
    {
        scheduler = RunScheduler.Open(Workspace.Open(folder["home"]));
        scheduler.Queue.Pause();
        id = scheduler.Creator.Enqueue(new TrainParameters { Dataset = folder.Write("rows.jsonl", "{}"), ModelSize = "tiny" });
    }

    private string Events => Path.Combine(scheduler.Find(id)!.Path, "events.jsonl");

    public async ValueTask DisposeAsync()
    {
        await scheduler.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public void A_position_survives_as_text()
    {
        var position = new FeedPosition(new LogPlace(48213, 0x9f0c6a5e1b2d3c4f), 120);
        Assert.Equal("48213-9f0c6a5e1b2d3c4f-120", position.ToString());
        Assert.Equal(position, FeedPosition.Parse(position.ToString()));
        Assert.All((string?[])[null, "", "1-2", "x-1-2", "1-2-3-4", "-1-2-3"], text => Assert.Null(FeedPosition.Parse(text)));
    }

    [Fact]
    public async Task Nothing_comes_twice_and_nothing_is_left_out_however_often_the_connection_breaks()
    {
        using var log = EventLog.Create(Events);
        List<long> seen = [];
        var position = scheduler.Feed.PositionOf(id).ToString();
        for (var round = 0; round < 5; round++)
        {
            for (var i = 1; i <= 20; i++) log.Write(new StepLogged(round * 20 + i, 0, 1));
            File.AppendAllText(Path.Combine(scheduler.Find(id)!.Path, "log.txt"), $"line {round}\n");
            var batch = await Next(position);
            Assert.False(batch.Reset);
            Assert.Equal(round + 1, batch.Position.Lines);
            seen.AddRange(batch.Events.OfType<StepLogged>().Select(step => step.Step));
            position = batch.Position.ToString();
        }

        Assert.Equal(Enumerable.Range(1, 100).Select(step => (long)step), seen);
    }

    [Fact]
    public async Task A_run_that_went_back_to_its_checkpoint_lets_the_page_start_anew()
    {
        long place;
        using (var log = EventLog.Create(Events))
        {
            log.Write(new StepLogged(1, 0, 1));
            place = log.Position;
            log.Write(new StepLogged(2, 0, 1));
        }

        scheduler.Discover();
        var position = scheduler.Feed.PositionOf(id);
        using (var log = EventLog.Resume(Events, place, new CheckpointSaved(1, "checkpoints/step-000001", CheckpointKind.Regular))) log.Write(new StepLogged(2, 0, 1));
        var batch = await Next(position.ToString());
        Assert.True(batch.Reset);
        scheduler.Discover();
        Assert.Equal(scheduler.Feed.PositionOf(id), batch.Position);
    }

    [Fact]
    public async Task A_page_that_is_far_behind_starts_anew_and_a_run_that_is_deleted_ends_it()
    {
        var position = scheduler.Feed.PositionOf(id);
        using (var log = EventLog.Create(Events)) log.Write(new Notice(NoticeLevel.Info, new string('x', 5_000_000)));
        Assert.True((await Next(position.ToString())).Reset);

        scheduler.Storage.Delete(id, RunParts.All);
        await Assert.ThrowsAsync<UserError>(() => Next(position.ToString()));
    }

    private async Task<FeedBatch> Next(string position)
    {
        await foreach (var batch in scheduler.Feed.Follow(id, FeedPosition.Parse(position), TestContext.Current.CancellationToken)) return batch;
        throw new InvalidOperationException("The feed ended.");
    }
}
