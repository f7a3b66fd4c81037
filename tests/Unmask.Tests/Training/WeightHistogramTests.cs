using Unmask.Engine.Modeling.Blocks;
using Unmask.Engine.Training;
using Xunit;
using static TorchSharp.torch;

namespace Unmask.Tests.Training;

public sealed class WeightHistogramTests
{
    [Fact]
    public void Every_value_is_counted_once_between_the_least_and_the_greatest()
    {
        using var scope = NewDisposeScope();
        var seen = WeightHistograms.Of(3, [new NamedParameter("a", tensor(new float[] { -1, 0, 0.5f, 2 }).reshape(2, 2)), new NamedParameter("same", full(5, 0.25f, dtype: bfloat16))]);

        Assert.Equal(3, seen.Step);
        var (a, same) = (seen.Weights[0], seen.Weights[1]);
        Assert.Equal(("a", -1.0, 2.0, 1.5, 5.25), (a.Name, a.Low, a.High, a.Sum, a.SumOfSquares));
        Assert.Equal(4, a.Counts.Sum());
        Assert.Equal((1L, 1L), (a.Counts[0], a.Counts[^1]));
        Assert.Equal((5L, -0.25, 0.75), (same.Counts.Sum(), same.Low, same.High));
    }
}
