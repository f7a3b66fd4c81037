using Unmask.Core.Events;
using Unmask.Core.Jobs.Status;
using Unmask.Core.Parameters;
using Xunit;

namespace Unmask.Tests.Jobs;

public sealed class FaultRemedyTests
{
    [Fact]
    public void Memory_is_saved_by_smaller_batches_and_then_by_shorter_rows()
    {
        var settings = new TrainParameters { BatchSize = 8, GradientAccumulationSteps = 3, MaxLength = 512 };
        Assert.Equal(["batch_size=4", "gradient_accumulation_steps=6"], FaultRemedy.For(FailureReason.OutOfMemory, settings)!.Changes);
        Assert.Equal(["max_length=256"], FaultRemedy.For(FailureReason.OutOfMemory, settings with { BatchSize = 1 })!.Changes);
        Assert.Null(FaultRemedy.For(FailureReason.OutOfMemory, settings with { BatchSize = 1, MaxLength = 64 }));
    }

    [Theory]
    [InlineData(2e-3, "learning_rate=0.001")]
    [InlineData(1e14, "learning_rate=0.005")]
    public void A_learning_rate_is_halved_or_where_it_was_out_of_all_measure_made_usual(double rate, string change) =>
        Assert.Equal([change], FaultRemedy.For(FailureReason.NumericDivergence, new TrainParameters { Model = null, LearningRate = rate })!.Changes);

    [Fact]
    public void Where_no_setting_helps_none_is_changed() => Assert.Null(FaultRemedy.For(FailureReason.DataInvalid, new TrainParameters()));
}
