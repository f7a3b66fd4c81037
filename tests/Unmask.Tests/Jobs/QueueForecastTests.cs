using Unmask.Core.Jobs.Queueing;
using Xunit;

namespace Unmask.Tests.Jobs;

public sealed class QueueForecastTests
{
    private static Dictionary<string, double> Of(DeviceUse[] live, DeviceUse[] waiting, int cpuSlots = 1) => QueueForecast.From(live, waiting, lane => lane == "cpu" ? cpuSlots : 1);

    [Fact]
    public void Waiting_runs_start_one_after_another_and_as_soon_as_a_slot_is_free()
    {
        var starts = Of([new("a", ["cpu"], 60)], [new("b", ["cpu"], 100), new("c", ["cpu"], 10), new("d", ["gpu 0"], 5)]);
        Assert.Equal(new() { ["b"] = 60, ["c"] = 160, ["d"] = 0 }, starts);

        starts = Of([new("a", ["cpu"], 60), new("x", ["cpu"], 20)], [new("b", ["cpu"], 100), new("c", ["cpu"], 10)], cpuSlots: 2);
        Assert.Equal(new() { ["b"] = 20, ["c"] = 60 }, starts);
    }

    [Fact]
    public void A_run_on_two_devices_waits_for_the_later_of_them() =>
        Assert.Equal(new() { ["b"] = 30, ["c"] = 37 }, Of([new("a", ["gpu 0"], 30)], [new("b", ["gpu 0", "gpu 1"], 7), new("c", ["gpu 1"], 1)]));

    [Fact]
    public void Nobody_knows_what_hangs_on_a_run_of_unknown_length()
    {
        Assert.Empty(Of([new("a", ["cpu"], null)], [new("b", ["cpu"], 1), new("c", ["cpu"], 1)]));
        Assert.Equal(["b"], Of([], [new("b", ["cpu"], null), new("c", ["cpu"], 1)]).Keys);
    }
}
