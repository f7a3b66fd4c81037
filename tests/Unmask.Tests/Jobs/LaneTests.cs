using Unmask.Core.Jobs;
using Unmask.Core.Runs;
using Xunit;

namespace Unmask.Tests.Jobs;

public sealed class LaneTests
{
    private static RunDigest On(string device, string gpus = "auto") => new("a", "bert", "m", null, device, gpus, "full");

    [Fact]
    public void A_run_takes_the_processor_or_the_GPUs_that_it_names()
    {
        Assert.Equal(["cpu"], Lanes.Of(On("cpu", "1"), [0, 1]));
        Assert.Equal(["cpu"], Lanes.Of(On("auto"), []));
        Assert.Equal(["gpu 0", "gpu 1"], Lanes.Of(On("auto"), [0, 1]));
        Assert.Equal(["gpu 2", "gpu 0"], Lanes.Of(On("cuda", "2, 0, 2"), [0, 1, 2]));
        Assert.Equal(["gpu 0"], Lanes.Of(On("cuda"), []));
        Assert.Equal(["cpu"], Lanes.Of(null, [0]));
    }

    [Fact]
    public void Who_waits_for_two_devices_is_not_overtaken_on_either()
    {
        Dictionary<string, int> free = new() { ["cpu"] = 2, ["gpu 0"] = 0 };
        Assert.Equal("gpu 0", Lanes.Take(["gpu 0", "gpu 1"], free));
        Assert.Equal("gpu 1", Lanes.Take(["gpu 1"], free));
        Assert.Null(Lanes.Take(["gpu 2"], free));
        Assert.Null(Lanes.Take(["cpu"], free));
        Assert.Null(Lanes.Take(["cpu"], free));
        Assert.Equal("cpu", Lanes.Take(["cpu"], free));
    }
}
