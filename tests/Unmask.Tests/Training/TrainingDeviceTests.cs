using Unmask.Core.Parameters;
using Unmask.Engine.Training;
using Xunit;

namespace Unmask.Tests.Training;

public sealed class TrainingDeviceTests
{
    [Theory]
    [InlineData(TrainDevice.Auto, "auto", false, "cpu")]
    [InlineData(TrainDevice.Auto, "auto", true, "cuda:0")]
    [InlineData(TrainDevice.Auto, "1", true, "cuda:1")]
    [InlineData(TrainDevice.Cpu, "1", true, "cpu")]
    [InlineData(TrainDevice.Cuda, "auto", true, "cuda:0")]
    [InlineData(TrainDevice.Cuda, "3", true, "cuda:3")]
    public void The_GPU_that_is_named_is_the_one_that_is_used(TrainDevice device, string ids, bool cuda, string expected) =>
        Assert.Equal(expected, TrainingDevice.Of(new TrainParameters { TrainDevice = device, GpuIds = ids }, cuda).ToString());

    /// <summary>The launcher lets each process see its own only, as number 0.</summary>
    [Fact]
    public void Of_several_GPUs_each_process_takes_the_one_it_sees() =>
        Assert.Equal("cuda:0", TrainingDevice.Of(new TrainParameters { TrainDevice = TrainDevice.Cuda, GpuIds = "0,2" }, cudaAvailable: true).ToString());
}
