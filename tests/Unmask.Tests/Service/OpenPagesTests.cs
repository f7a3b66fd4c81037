using Unmask.Engine.Hosting.Calls;
using Xunit;

namespace Unmask.Tests.Service;

public sealed class OpenPagesTests
{
    [Fact]
    public async Task Who_reads_in_one_dataset_keeps_nobody_from_another()
    {
        using var pages = new OpenPages();
        using var go = new ManualResetEventSlim();
        using var reads = new ManualResetEventSlim();
        var slow = Task.Run(() => pages.With("slow", null, _ =>
        {
            reads.Set();
            go.Wait();
            return 1;
        }, CancellationToken.None));
        reads.Wait();

        Assert.Equal(2, pages.With("other", null, static _ => 2, CancellationToken.None));
        using var stop = new CancellationTokenSource(50);
        Assert.ThrowsAny<OperationCanceledException>(() => pages.With("slow", null, static _ => 3, stop.Token));
        // Places that are in use are not closed, however many others come.
        for (var i = 0; i < 30; i++) pages.With($"{i}", null, static _ => 0, CancellationToken.None);
        go.Set();
        Assert.Equal(1, await slow);
        Assert.Equal(4, pages.With("slow", null, static _ => 4, CancellationToken.None));
    }
}
