using Unmask.Engine.Modeling.Blocks;
using Unmask.Engine.Modeling.Regularization;
using Unmask.Engine.Modeling.Sequences;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Models;

/// <summary>DoRA (arXiv 2402.09353) on a linear layer, against its formula written out in float64.</summary>
public sealed class WeightMagnitudeTests
{
    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 0.3)]
    [InlineData(false, 0.3)]
    public void Products_and_gradients_are_those_of_the_formula(bool training, double dropout)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var parameters = ParameterSet.Allocate([new("l.weight", [6, 5], Initialization.Zeros), new("l.bias", [6], Initialization.Zeros)], CPU, ScalarType.Float32);
        Tensor Draw(params long[] shape) => randn(shape, generator: generator);
        using (no_grad())
        {
            foreach (var parameter in parameters.All) parameter.Value.copy_(Draw(parameter.Value.shape));
        }

        var layer = new Linear(parameters, "l");
        var (down, up, length, x) = (Draw(2, 5).requires_grad_(), Draw(6, 2).requires_grad_(), Draw(6).abs().add_(0.5).requires_grad_(), Draw(4, 5).requires_grad_());
        layer.Branch = new LowRankBranch("l", down, up, Scale: 1.5, Dropout: dropout) { Magnitude = new WeightMagnitude(length, () => layer.RowNorms(down, up, 1.5)) };
        var keys = new DropoutKeys(training, [.. Enumerable.Range(0, 4).Select(i => new TokenKey(1, (uint)i))]);
        var weights = Draw(4, 6);
        var y = layer.Apply(x, keys);
        (y * weights).sum().backward();

        Tensor[] given = [down, up, length, x];
        var wide = given.Select(tensor => tensor.detach().to(ScalarType.Float64).requires_grad_()).ToArray();
        var (a, b, m, z) = (wide[0], wide[1], wide[2], wide[3]);
        var (w, bias) = (parameters["l.weight"].detach().to(ScalarType.Float64), parameters["l.bias"].detach().to(ScalarType.Float64));
        // Which units were dropped: the same dropout on ones.
        var kept = new Dropout("l.lora_dropout", dropout).Apply(ones(4, 5), keys).to(ScalarType.Float64);
        var norm = (w + 1.5 * b.mm(a)).detach().square().sum(1).sqrt();
        var factor = m / norm;
        var dropped = training && dropout > 0 ? z * kept : z;
        var expected = z.mm(w.t()) + bias + (factor - 1) * dropped.mm(w.t()) + factor * 1.5 * dropped.mm(a.t()).mm(b.t());
        (expected * weights.to(ScalarType.Float64)).sum().backward();

        Assert.InRange(FixtureTensors.LargestDifference(y, expected), 0, 1e-5);
        foreach (var (got, right) in given.Zip(wide)) Assert.InRange(FixtureTensors.LargestDifference(got.grad!, right.grad!), 0, 1e-4);
    }
}
