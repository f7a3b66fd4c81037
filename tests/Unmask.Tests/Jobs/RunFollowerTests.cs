using Unmask.Core.Events;
using Unmask.Core.Jobs;
using Unmask.Core.Jobs.Feeds;
using Unmask.Core.Parameters;
using Unmask.Core.Workspaces;
using Xunit;

namespace Unmask.Tests.Jobs;

/// <summary>Many who follow one run.</summary>
public sealed class RunFollowerTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Quick_and_slow_followers_get_every_event_once()
    {
        const int Events = 300;
        await using var scheduler = RunScheduler.Open(Workspace.Open(folder["home"]));
        scheduler.Queue.Pause();
        var id = scheduler.Creator.Enqueue(new TrainParameters { Dataset = folder.Write("rows.jsonl", "{}"), ModelSize = "tiny" });
        using var log = EventLog.Create(Path.Combine(scheduler.Find(id)!.Path, "events.jsonl"));
        scheduler.Start();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        stop.CancelAfter(TimeSpan.FromSeconds(60));
        var followers = Enumerable.Range(0, 20).Select(place => Task.Run(async () =>
        {
            List<long> seen = [];
            await foreach (var batch in scheduler.Feed.Follow(id, default(FeedPosition), stop.Token))
            {
                Assert.False(batch.Reset);
                seen.AddRange(batch.Events.OfType<StepLogged>().Select(step => step.Step));
                if (seen.Count >= Events) break;
                if (place == 0) await Task.Delay(800, stop.Token);
            }

            return seen;
        })).ToList();
        for (var step = 1; step <= Events; step++)
        {
            log.Write(new StepLogged(step, 0.1, 1));
            if (step % 10 == 0) await Task.Delay(50, stop.Token);
        }

        var seen = await Task.WhenAll(followers);
        Assert.All(seen, steps => Assert.Equal(Enumerable.Range(1, Events).Select(step => (long)step), steps));
    }

    [Fact]
    public void The_buffer_holds_a_bounded_part_and_says_so_to_who_is_behind()
    {
        var buffer = new EventBuffer();
        LogPlace At(long step) => new(step * 1000, (ulong)step);
        buffer.Join();
        buffer.SetLines(0);
        for (var step = 1; step <= 5000; step++) buffer.Add(At(step - 1), new TailPart(false, [new(At(step), new StepLogged(step, 0, 1))], true), At(step));
        buffer.SetLines(7);

        Assert.Null(buffer.Since(new(At(1), 0)));
        var news = buffer.Since(new(At(4998), 0))!.Value;
        Assert.Equal([4999L, 5000], news.Events.Cast<StepLogged>().Select(step => step.Step));
        Assert.Equal(new FeedPosition(At(5000), 7), news.Position);
        Assert.Empty(buffer.Since(news.Position)!.Value.Events);

        buffer.Add(At(5000), new TailPart(true, [new(At(1), new StepLogged(1, 0, 1))], true), At(1));
        buffer.SetLines(7);
        Assert.Null(buffer.Since(news.Position));
        Assert.Single(buffer.Since(new(default, 0))!.Value.Events);
        buffer.Leave();
        Assert.Null(buffer.Since(new(At(1), 0)));
    }
}
