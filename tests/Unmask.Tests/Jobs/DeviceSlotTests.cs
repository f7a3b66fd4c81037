using Unmask.Core.Jobs.Queueing;
using Unmask.Core.Runs;
using Xunit;

namespace Unmask.Tests.Jobs;

public sealed class DeviceSlotTests
{
    private static RunDigest On(string device, string gpus = "auto") => new("a", "bert", "m", null, device, gpus, "full");

    [Fact]
    public void A_run_takes_the_processor_or_the_GPUs_that_it_names()
    {
        Assert.Equal(["cpu"], DeviceSlots.NeededBy(On("cpu", "1"), [0, 1]));
        Assert.Equal(["cpu"], DeviceSlots.NeededBy(On("auto"), []));
        Assert.Equal(["gpu 0", "gpu 1"], DeviceSlots.NeededBy(On("auto"), [0, 1]));
        Assert.Equal(["gpu 2", "gpu 0"], DeviceSlots.NeededBy(On("cuda", "2, 0, 2"), [0, 1, 2]));
        Assert.Equal(["gpu 0"], DeviceSlots.NeededBy(On("cuda"), []));
        Assert.Equal(["cpu"], DeviceSlots.NeededBy(null, [0]));
    }

    [Fact]
    public void Who_waits_for_two_devices_is_not_overtaken_on_either()
    {
        Dictionary<string, int> free = new() { ["cpu"] = 2, ["gpu 0"] = 0 };
        Assert.Equal("gpu 0", DeviceSlots.Acquire(["gpu 0", "gpu 1"], free));
        Assert.Equal("gpu 1", DeviceSlots.Acquire(["gpu 1"], free));
        Assert.Null(DeviceSlots.Acquire(["gpu 2"], free));
        Assert.Null(DeviceSlots.Acquire(["cpu"], free));
        Assert.Null(DeviceSlots.Acquire(["cpu"], free));
        Assert.Equal("cpu", DeviceSlots.Acquire(["cpu"], free));
    }
}
