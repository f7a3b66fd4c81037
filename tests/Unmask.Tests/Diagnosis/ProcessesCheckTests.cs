using TorchSharp;
using Unmask.Cli.Diagnosis;
using Unmask.Engine.Diagnosis;
using Xunit;

namespace Unmask.Tests.Diagnosis;

public sealed class ProcessesCheckTests
{
    [Theory]
    [InlineData(0, "gpu_ids=0", "gpu_ids=0,1")]
    [InlineData(1, "gpu_ids=1", "gpu_ids=1,0")]
    [InlineData(5, "gpu_ids=5", "gpu_ids=5,0")]
    public void The_device_that_is_asked_for_is_the_one_that_is_tried(int number, string one, string two) =>
        Assert.Equal(("cuda", one, two), ProcessesCheck.Places(new torch.Device(DeviceType.CUDA, number)));

    [Fact]
    public void A_check_that_is_stopped_says_nothing_of_the_device()
    {
        using var stop = new CancellationTokenSource();
        var check = ProcessesCheck.On(torch.CPU, stop.Token) with { Missing = null };
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => DeviceExamination.Try(check));
    }
}
