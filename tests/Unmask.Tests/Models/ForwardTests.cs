using TorchSharp;
using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Architectures;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Modeling.Sequences;
using Unmask.Primitives;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Models;

/// <summary>Traits of the forward pass that no fixture holds.</summary>
public sealed class ForwardTests
{
    public static TheoryData<string> Architectures() => new(ModelCatalog.All.Select(entry => entry.ModelType));

    [Theory, MemberData(nameof(Architectures))]
    public void ASequenceDoesNotSeeItsNeighbors(string architecture)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = Make(architecture);
        // Equal lengths stand apart, so the model must rearrange and put back.
        int[] lengths = [5, 9, 5, 1, 9, 3];
        var layers = new List<Tensor>();
        var ids_N = Ids(lengths.Sum());
        var together_ND = model.Encode(new PackedSequences(ids_N, lengths), layers);
        var start = 0;
        foreach (var length in lengths)
        {
            var alone = new List<Tensor>();
            var alone_ND = model.Encode(new PackedSequences(ids_N.narrow(0, start, length), [length]), alone);
            Assert.InRange(FixtureTensors.RelativeDifference(alone_ND, together_ND.narrow(0, start, length)), 0, 2e-5);
            Assert.Equal(layers.Count, alone.Count);
            for (var i = 0; i < layers.Count; i++) Assert.InRange(FixtureTensors.RelativeDifference(alone[i], layers[i].narrow(0, start, length)), 0, 2e-5);
            start += length;
        }
    }

    [Theory, MemberData(nameof(Architectures))]
    public void HalfPrecisionIsClose(string architecture)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var single = Make(architecture);
        using var half = Make(architecture, ScalarType.BFloat16);
        foreach (var (a, b) in single.Parameters.Zip(half.Parameters)) a.Value.copy_(b.Value);
        var input = new PackedSequences(Ids(40), [25, 15]);
        var logits = half.Head(half.Encode(input));
        Assert.Equal(ScalarType.BFloat16, logits.dtype);
        Assert.InRange(FixtureTensors.RelativeDifference(logits, single.Head(single.Encode(input))), 0, 0.04);
    }

    [Theory, MemberData(nameof(Architectures))]
    public void GradientsMatchFiniteDifferences(string architecture)
    {
        using var scope = NewDisposeScope();
        using var model = Make(architecture, ScalarType.Float64);
        var input = new PackedSequences(Ids(12), [7, 5]);
        Tensor Loss() => model.Head(model.Encode(input)).square().mean();
        Loss().backward();
        using var guard = no_grad();
        // Of its own: along a direction that happens to cancel the gradient, what is left is the error of the difference.
        using var generator = new Generator(5);
        foreach (var parameter in model.Parameters.Where(parameter => !parameter.Name.EndsWith("embeddings.weight", StringComparison.Ordinal)))
        {
            // Along one random direction; two-sided, in float64.
            var direction = randn(parameter.Value.shape, parameter.Value.dtype, generator: generator);
            const double Step = 1e-5;
            parameter.Value.add_(direction * Step);
            var above = Loss().item<double>();
            parameter.Value.sub_(direction * (2 * Step));
            var below = Loss().item<double>();
            parameter.Value.add_(direction * Step);
            var expected = (above - below) / (2 * Step);
            Assert.Equal(expected, (parameter.Value.grad! * direction).sum().item<double>(), 1e-7 + Math.Abs(expected) * 1e-4);
        }
    }

    [Theory, MemberData(nameof(Architectures))]
    public void ShortSequencesTakeAnotherWayToTheSameNumbers(string architecture)
    {
        using var scope = NewDisposeScope();
        // Heads of 32 in float32 are what the operator for short sequences takes; float64 goes the general way.
        var config = SmallConfigs.Of(architecture, new VocabularyFacts(40) { Pad = 0, Mask = 3 }, tied: false, width: 128, intermediate: 96, layers: 2, heads: 4);
        using var single = NewModel.Initialize(config, 11);
        using var twice = NewModel.Initialize(config, 11, dtype: ScalarType.Float64);
        var input = new PackedSequences(Ids(30), [11, 7, 12]);
        var (a, b) = (single.Head(single.Encode(input)), twice.Head(twice.Encode(input)));
        Assert.InRange(FixtureTensors.RelativeDifference(a, b), 0, 2e-6);
        a.square().mean().backward();
        b.square().mean().backward();
        foreach (var (x, y) in single.Parameters.Zip(twice.Parameters))
        {
            // A bias of keys moves all scores of a query alike: what is left of its gradient without rotary positions is rounding.
            if (y.Value.grad!.norm().item<double>() > 1e-9) Assert.InRange(FixtureTensors.RelativeDifference(x.Value.grad!, y.Value.grad!), 0, 2e-5);
        }
    }

    [Theory, MemberData(nameof(Architectures))]
    public void NothingIsLeftAlive(string architecture)
    {
        using var model = Make(architecture);
        model.Training = true;
        long during, after = 0;
        for (var pass = 0; pass < 20; pass++)
        {
            using (var scope = NewDisposeScope())
            {
                var keys = Keys(24);
                var hidden_ND = model.Encode(new PackedSequences(Ids(24), [8, 7, 8, 1]) { DropoutKeys_N = keys });
                model.Head(hidden_ND.narrow(0, 0, 4), keys[..4]).sum().backward();
                during = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            }

            // Of this thread: other tests run beside this one.
            var live = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            if (pass == 0) after = live;
            Assert.Equal(after, live);
            Assert.True(during > live);
        }
    }

    [Fact]
    public void DropoutIsForTrainingAlone()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = Make("bert");
        var input = new PackedSequences(Ids(10), [10]) { DropoutKeys_N = Keys(10) };
        var quiet = model.Encode(input);
        Assert.Equal(0, FixtureTensors.LargestDifference(quiet, model.Encode(input)));
        model.Training = true;
        var first = model.Encode(input);
        Assert.InRange(FixtureTensors.LargestDifference(first, quiet), 0.01, double.MaxValue);
        Assert.InRange(FixtureTensors.LargestDifference(first, model.Encode(input with { DropoutKeys_N = Keys(10, row: 2) })), 0.01, double.MaxValue);
        Assert.Equal(0, FixtureTensors.LargestDifference(first, model.Encode(input)));
    }

    [Fact]
    public void ALookedUpPaddingRowIsTrainedByTheDecoderAlone()
    {
        using var scope = NewDisposeScope();
        using var model = Make("bert", tied: false);
        model.Head(model.Encode(new PackedSequences(tensor(new long[] { 0, 4, 0, 5 }), [4]))).square().sum().backward();
        var gradient = model.Parameters[0].Value.grad!;
        Assert.Equal(0, gradient[0].abs().max().item<float>());
        Assert.True(gradient[4].abs().max().item<float>() > 0);
    }

    [Fact]
    public void TooLongASequenceIsASentence()
    {
        using var scope = NewDisposeScope();
        using var model = Make("bert");
        var error = Assert.Throws<UserError>(() => model.Encode(new PackedSequences(Ids(33), [33])));
        Assert.Contains("33 tokens", error.Message);
        Assert.Contains("max_length to at most 32", error.Message);
    }

    private static Tensor Ids(int count) => tensor(Enumerable.Range(0, count).Select(i => (long)(4 + i * 7 % 30)).ToArray());

    private static TokenKey[] Keys(int count, ulong row = 1) => [.. Enumerable.Range(0, count).Select(i => new TokenKey(row, (uint)i))];

    private static MaskedLanguageModel Make(string architecture, ScalarType dtype = ScalarType.Float32, bool tied = true)
    {
        var config = SmallConfigs.Of(
            architecture, new VocabularyFacts(40) { Pad = 0, Mask = 3 }, tied, width: 32, intermediate: 48, layers: 4, heads: 4,
            ("initializer_range", "0.3"), ("init_fn", "normal"), ("init_std", "0.3"), ("local_attention", "6"));
        return NewModel.Initialize(config, 11, dtype: dtype);
    }
}
