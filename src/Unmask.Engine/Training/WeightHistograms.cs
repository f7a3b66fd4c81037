using Unmask.Core.Events;
using Unmask.Engine.Modeling.Blocks;

using static TorchSharp.torch;

namespace Unmask.Engine.Training;

/// <summary>How the values of weights are spread.</summary>
public static class WeightHistograms
{
    private const int Spans = 30;

    /// <summary>Looks at all of them, one after another.</summary>
    /// <param name="step">Optimizer steps made so far.</param>
    /// <param name="weights">Tensors of any shape with at least one value.</param>
    public static WeightsSeen Of(long step, IReadOnlyList<NamedParameter> weights) => new(step, [.. weights.Select(weight => Of(weight.Name, weight.Value))]);

    private static WeightHistogram Of(string name, Tensor weight)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var values = weight.detach().flatten().to(ScalarType.Float32);

        // Four numbers and the counts: two waits for the device a weight.
        double[] facts = [.. stack([values.min(), values.max(), values.to(ScalarType.Float64).sum().to(ScalarType.Float32), values.to(ScalarType.Float64).square().sum().to(ScalarType.Float32)]).cpu().data<float>().Select(fact => (double)fact)];

        // Values that are all the same lie in the middle of a span as wide as one.
        var (low, high) = facts[0] < facts[1] ? (facts[0], facts[1]) : (facts[0] - 0.5, facts[1] + 0.5);
        var spans = ((values - low) * (Spans / (high - low))).floor().clamp(0, Spans - 1).to(ScalarType.Int64);
        var counts = spans.bincount(null, Spans).cpu();
        return new WeightHistogram(name, low, high, facts[2], facts[3], [.. counts.data<long>()]);
    }
}
