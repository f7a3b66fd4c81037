using Unmask.Engine.Objectives.Mdlm;
using Unmask.Tests.Models;
using Xunit;
using static TorchSharp.torch;

namespace Unmask.Tests.Diffusion;

/// <summary>Schedules against the original's numbers.</summary>
public sealed class GoldenCommonTests
{
    public static TheoryData<string> Schedules() => new(NoiseSchedule.All.Select(schedule => schedule.Name));

    [Theory, MemberData(nameof(Schedules))]
    public void Schedules_equal_the_original(string name)
    {
        using var scope = NewDisposeScope();
        using var fixture = new FixtureTensors(Path.Combine(Fixtures.Golden, "common", "common.safetensors"));
        var schedule = NoiseSchedule.Named(name);
        var times = Floats("alpha.t");
        AssertClose(Floats($"alpha.{name}.alpha"), times.Select(schedule.Alpha));
        AssertClose(Floats($"alpha.{name}.derivative"), times.Select(schedule.AlphaDerivative));
        AssertClose(Floats($"alpha.{name}.weight"), times.Select(schedule.Weight));
        var (s, t) = (Floats($"alpha.{name}.reverse.s"), Floats($"alpha.{name}.reverse.t"));
        AssertClose(Floats($"alpha.{name}.reverse.p"), s.Zip(t, schedule.ReverseMaskProbability));

        float[] Floats(string tensor) => [.. fixture.Float(tensor).data<float>()];
    }

    private static void AssertClose(float[] expected, IEnumerable<float> actual)
    {
        Assert.NotEmpty(expected);
        foreach (var (e, a) in expected.Zip(actual))
        {
            // 1 - cos(x) near 0 has no more digits than the float32 cosine: half a unit in the last place of 1 is the floor.
            Assert.True(Math.Abs(e - a) <= 1e-6 * Math.Abs(e) + 6e-8, $"expected {e:R}, got {a:R}");
        }
    }
}
