using Unmask.Core.Parameters;
using Unmask.Engine.Objectives.Mdlm;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Diffusion;

public sealed class NoiseScheduleTests
{
    [Theory]
    [InlineData("linear", 0.25f, 0.75, -1, 3.999984)]
    [InlineData("linear", 0.75f, 0.25, -1, 1.3333316)]
    [InlineData("linear", 0.5f, 0.5, -1, 1.999996)]
    [InlineData("cosine", 0.25f, 0.6173165676, -1.4512265761, 3.7922278863)]
    [InlineData("cosine", 0.5f, 0.2928932188, -1.1107207345, 1.5707941054)]
    [InlineData("cosine", 0.75f, 0.0761204675, -0.6011177299, 0.6506444380)]
    [InlineData("Cosine", 0.001f, 0.9984292043, -1.5707943889, 999.36296)]
    public void Has_the_published_values(string name, float t, double alpha, double derivative, double weight)
    {
        var schedule = NoiseSchedule.Named(name);
        AssertRelative(alpha, schedule.Alpha(t), 1e-6);
        AssertRelative(derivative, schedule.AlphaDerivative(t), 1e-6);
        // 1 - alpha cancels in float32 near t = 0, in the original too.
        AssertRelative(weight, schedule.Weight(t), t < 0.01f ? 4e-5 : 1e-6);
    }

    [Fact]
    public void Reverse_probability_is_the_ratio_of_masked_shares() =>
        AssertRelative(1.0 / 3, NoiseSchedule.Linear.ReverseMaskProbability(0.25f, 0.75f), 1e-6);

    [Theory]
    [InlineData(-0.1f, 0.5f)]
    [InlineData(0.5f, 0.5f)]
    [InlineData(0.6f, 0.5f)]
    [InlineData(0.5f, 1.5f)]
    [InlineData(float.NaN, 0.5f)]
    public void Reverse_probability_refuses_times_out_of_order(float s, float t) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => NoiseSchedule.Cosine.ReverseMaskProbability(s, t));

    [Theory]
    [InlineData(-0.001f)]
    [InlineData(1.001f)]
    [InlineData(float.NaN)]
    public void Refuses_times_outside_the_unit_interval(float t)
    {
        foreach (var schedule in NoiseSchedule.All)
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => schedule.Alpha(t));
            Assert.Throws<ArgumentOutOfRangeException>(() => schedule.Weight(t));
        }
    }

    [Fact]
    public void Time_of_masked_share_inverts_the_masked_share()
    {
        foreach (var schedule in NoiseSchedule.All)
        {
            for (var t = 0.0; t <= 1; t += 0.125)
            {
                Assert.Equal(t, schedule.TimeOfMaskedShare(schedule.MaskedShare(t)), 9);
                Assert.Equal(1 - schedule.Alpha((float)t), schedule.MaskedShare(t), 6);
            }
        }
    }

    [Fact]
    public void An_unknown_name_is_answered_with_the_names()
    {
        var error = Assert.Throws<UserError>(() => NoiseSchedule.Named("quadratic"));
        Assert.Contains("\"quadratic\"", error.Message);
        Assert.Contains("linear, cosine", error.Message);
    }

    [Fact]
    public void Settings_become_options()
    {
        var options = CorruptionOptions.Of(new TrainParameters
        {
            AlphaSchedule = AlphaSchedule.Cosine,
            TimeEpsilon = 0.25,
            LossWeightType = "uniform",
            TimeSampling = TimeSampling.Stratified,
            MaskSampling = MaskSampling.FixedCount,
        }, shiftsLogits: false);
        Assert.Equal(
            new CorruptionOptions { Schedule = NoiseSchedule.Cosine, TimeEpsilon = 0.25, LossWeight = LossWeight.Uniform, TimeSampling = TimeSampling.Stratified, MaskSampling = MaskSampling.FixedCount },
            options);
        Assert.All(Enum.GetValues<AlphaSchedule>(), word => Assert.Equal(NoiseSchedule.Named(word.ToString()), CorruptionOptions.Of(new TrainParameters { AlphaSchedule = word }, shiftsLogits: false).Schedule));
        var dream = CorruptionOptions.Of(new TrainParameters { TrainingMethod = TrainingMethod.Dream }, shiftsLogits: true);
        Assert.Equal((LossWeight.Cart, new CartWeight(0.3), true), (dream.LossWeight, dream.Cart, dream.ShiftsLogits));
        Assert.Equal(new CartWeight(0.15, Legacy: true), CorruptionOptions.Of(new TrainParameters { LossWeightType = "cart_legacy[geo_p:.15]" }, shiftsLogits: false).Cart);
        Assert.Contains("It must be scheduler", Assert.Throws<UserError>(() => CorruptionOptions.Of(new TrainParameters { LossWeightType = "cart[geo_p:3e-1]" }, shiftsLogits: false)).Message);
    }

    private static void AssertRelative(double expected, double actual, double tolerance) =>
        Assert.True(Math.Abs(actual - expected) <= tolerance * Math.Abs(expected), $"expected {expected}, got {actual}");
}
