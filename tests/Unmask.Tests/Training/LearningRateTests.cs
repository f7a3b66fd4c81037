using System.Text.Json;
using Unmask.Core.Parameters;
using Unmask.Engine.Training.Optimization;
using Xunit;

namespace Unmask.Tests.Training;

/// <summary>Step counts and learning rates equal those of the original trainer.</summary>
public class LearningRateTests
{
    private static JsonElement Golden => JsonDocument.Parse(File.ReadAllText(Path.Combine(Fixtures.Golden, "common", "common.json"))).RootElement;

    [Fact]
    public void Warmup_steps_equal_the_originals()
    {
        foreach (JsonElement row in Golden.GetProperty("warmup_ratio_to_steps").EnumerateArray())
        {
            Assert.Equal(row.GetProperty("steps").GetInt64(), StepPlan.WarmupFromRatio(row.GetProperty("total").GetInt64(), row.GetProperty("ratio").GetDouble()));
        }
    }

    [Fact]
    public void Learning_rates_equal_the_originals()
    {
        int compared = 0;
        foreach (JsonElement row in Golden.GetProperty("lr_schedules").EnumerateArray())
        {
            var kind = Enum.Parse<LearningRateScheduleKind>(row.GetProperty("name").GetString()!.Replace("_", "", StringComparison.Ordinal), ignoreCase: true);
            var schedule = new LearningRateSchedule(kind, row.GetProperty("base_lr").GetDouble(), row.GetProperty("warmup_steps").GetInt64(), row.GetProperty("total_steps").GetInt64());
            int step = 0;
            foreach (JsonElement rate in row.GetProperty("lr_used_at_step").EnumerateArray())
            {
                double expected = rate.GetDouble();
                Assert.True(Math.Abs(schedule.At(step) - expected) <= 1e-12 * Math.Max(1e-6, expected), $"{kind} at {step}: {schedule.At(step)} instead of {expected}");
                step++;
                compared++;
            }
        }

        Assert.True(compared > 0);
    }

    [Theory]
    [InlineData(1, 2e-7)]
    [InlineData(50, 1e-5)]
    [InlineData(100, 2e-5)]
    [InlineData(101, 1.99999391e-5)]
    [InlineData(550, 1e-5)]
    [InlineData(999, 6.092e-11)]
    public void The_published_check_of_the_cosine_holds(long step, double expected)
    {
        var schedule = new LearningRateSchedule(LearningRateScheduleKind.Cosine, 2e-5, 100, 1000);
        Assert.Equal(expected, schedule.At(step), expected * 1e-4);
    }

    [Fact]
    public void Epochs_and_shares_become_steps()
    {
        var parameters = new TrainParameters { NumTrainEpochs = 3, BatchSize = 4, GradientAccumulationSteps = 2, LoggingSteps = 0.1, EvalSteps = 0.25, SaveSteps = 5 };
        StepPlan plan = StepPlan.Create(parameters, trainRows: 21);
        Assert.Equal(6, plan.MicroBatchesPerEpoch);
        Assert.Equal(3, plan.StepsPerEpoch);
        Assert.Equal(9, plan.TotalSteps);
        Assert.Equal(1, plan.LoggingSteps);
        Assert.Equal(3, plan.EvalSteps);
        Assert.Equal([5L, 9L], Enumerable.Range(1, 9).Select(step => (long)step).Where(plan.SavesAt));

        Assert.Equal(250, StepPlan.Resolve(0.25, 1000));
        Assert.Equal(1000, StepPlan.Create(new TrainParameters(), 21).TotalSteps);
    }

    [Fact]
    public void Evaluation_by_epoch_falls_on_the_ends_of_epochs()
    {
        var parameters = new TrainParameters { TrainSteps = 7, BatchSize = 1, EvalStrategy = EvalStrategy.Epoch };
        StepPlan plan = StepPlan.Create(parameters, trainRows: 3);
        Assert.Equal([3L, 6L, 7L], Enumerable.Range(1, 7).Select(step => (long)step).Where(plan.EvaluatesAt));
    }
}
