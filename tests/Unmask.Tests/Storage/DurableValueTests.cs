using Unmask.Core.Storage;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Storage;

public sealed class DurableValueTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Of_changes_at_the_same_time_none_is_lost_and_the_file_has_the_last()
    {
        Directory.CreateDirectory(folder["home"]);
        var value = new DurableValue<string>(folder["home/value"], "", (_, after) => System.Text.Encoding.UTF8.GetBytes(after));
        Parallel.For(0, 8, _ =>
        {
            for (var i = 0; i < 20; i++) value.Update(text => text + "x");
        });

        Assert.Equal(new string('x', 160), value.Value);
        Assert.Equal(value.Value, File.ReadAllText(folder["home/value"]));
        Assert.Single(Directory.GetFiles(folder["home"]));
    }

    [Fact]
    public void A_change_that_cannot_be_written_has_not_happened()
    {
        var value = new DurableValue<string>(folder["nowhere/value"], "before", (_, _) => [1]);
        Assert.Throws<UserError>(() => value.Update(_ => "after"));
        Assert.Equal("before", value.Value);
    }

    [Fact]
    public async Task Who_reads_or_changes_does_not_wait_for_a_file_that_is_slow_to_be_written()
    {
        Directory.CreateDirectory(folder["home"]);
        using var slow = new ManualResetEventSlim();
        var value = new DurableValue<string>(folder["home/value"], "", (_, after) =>
        {
            if (after == "slow") slow.Wait();
            return [1];
        });
        var stop = TestContext.Current.CancellationToken;
        var first = Task.Run(() => value.Update(text => text + "slow"), stop);
        await Task.Delay(50, stop);

        Assert.Equal("", value.Value);
        Assert.Equal("quick ", value.Update(text => text + "quick "));
        slow.Set();
        Assert.Equal("quick slow", await first);
    }
}
