using System.Net.Sockets;
using Unmask.Core.Events;
using Unmask.Engine.Collectives;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Collectives;

/// <summary>Ranks meet, and who is gone is known by name.</summary>
public sealed class RankWatchTests
{
    private static RankWatch[] Meet(int size, byte[]? shared = null)
    {
        var (listener, meeting) = RankWatch.Open();
        var host = Task.Run(() => RankWatch.Host(listener, meeting, size, shared ?? []));
        var others = Enumerable.Range(1, size - 1).Select(rank => Task.Run(() =>
        {
            var (watch, got) = RankWatch.Join(meeting, rank, size);
            Assert.Equal(shared ?? [], got);
            return watch;
        })).ToArray();
        Task.WaitAll([host, .. others]);
        return [host.Result, .. others.Select(task => task.Result)];
    }

    private static Task<RankTrouble> TroubleOf(RankWatch watch)
    {
        var told = new TaskCompletionSource<RankTrouble>();
        watch.OnTrouble(trouble => told.SetResult(trouble));
        return told.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Who_fails_is_told_to_all_with_its_reason()
    {
        var ranks = Meet(3, [1, 2, 3]);
        var (first, last) = (TroubleOf(ranks[0]), TroubleOf(ranks[2]));
        ranks[1].Fail(FailureReason.OutOfMemory, "Rank 1 has no memory left.");
        Assert.Equal(new RankTrouble(1, FailureReason.OutOfMemory, "Rank 1 has no memory left."), await first);
        Assert.Equal(await first, await last);
        foreach (var rank in ranks) rank.Dispose();
    }

    [Fact]
    public async Task Who_leaves_in_order_is_not_missed()
    {
        var ranks = Meet(2);
        var trouble = TroubleOf(ranks[0]);
        ranks[1].Dispose();
        await Task.Delay(1500, TestContext.Current.CancellationToken);
        Assert.False(trouble.IsCompleted);
        ranks[0].Dispose();
    }

    [Fact]
    public async Task Others_sleep_until_they_are_let_go_or_the_first_leaves()
    {
        var ranks = Meet(2);
        var waiting = Task.Run(ranks[1].AwaitRelease);
        await Task.Delay(300, TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);
        ranks[0].Release();
        await waiting.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        var again = Task.Run(ranks[1].AwaitRelease);
        ranks[0].Dispose();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => again.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken));
        ranks[1].Dispose();
    }

    [Fact]
    public async Task A_stranger_is_not_let_in()
    {
        var (listener, meeting) = RankWatch.Open();
        var host = Task.Run(() => RankWatch.Host(listener, meeting, 2, []));
        using (var stranger = new TcpClient("127.0.0.1", meeting.Port))
        using (var to = new StreamWriter(stranger.GetStream()) { AutoFlush = true })
        {
            to.WriteLine("""{"Kind":"hello","Rank":1,"Secret":"guess"}""");
            Assert.Equal(-1, stranger.GetStream().ReadByte());
        }

        using var nonsense = new TcpClient("127.0.0.1", meeting.Port);
        nonsense.GetStream().Write("GET / HTTP/1.1\r\n\r\n"u8);
        using var joined = RankWatch.Join(meeting, 1, 2).Watch;
        (await host).Dispose();
    }

    [Fact]
    public void A_port_that_is_taken_is_told()
    {
        var (listener, meeting) = RankWatch.Open();
        using (listener) Assert.Contains($"port {meeting.Port}", Assert.Throws<UserError>(() => RankWatch.Open(meeting.Port)).Message);
    }
}
