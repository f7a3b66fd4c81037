using System.Text.Json.Nodes;
using Unmask.Engine.Modeling.Architectures;
using Unmask.Engine.Modeling.Blocks;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Modeling.Sequences;
using Unmask.Primitives;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Models;

/// <summary>Activation functions against the originals' values and gradients, and in every architecture.</summary>
public sealed class ActivationTests
{
    private static readonly JsonObject Original = JsonNode.Parse(File.ReadAllText(Path.Combine(Fixtures.Root, "tests", "fixtures", "activations", "transformers.json")))!.AsObject();

    public static TheoryData<string> Originals() => new(Original["functions"]!.AsObject().Select(pair => pair.Key));

    public static TheoryData<string> Architectures() => new(ModelCatalog.All.Select(entry => entry.ModelType));

    [Theory, MemberData(nameof(Originals))]
    public void Values_and_gradients_are_the_originals(string name)
    {
        using var scope = NewDisposeScope();
        var x = tensor(Numbers(Original["x"]!), dtype: ScalarType.Float64, requires_grad: true);
        var y = Activation.Of(name)(x);
        y.sum().backward();
        var expected = Original["functions"]![name]!;
        Assert.InRange(FixtureTensors.LargestDifference(y, tensor(Numbers(expected["value"]!))), 0, 1e-8);
        Assert.InRange(FixtureTensors.LargestDifference(x.grad!, tensor(Numbers(expected["gradient"]!))), 0, 1e-8);
    }

    [Theory, MemberData(nameof(Originals))]
    public void Bfloat16_is_close_and_stays_bfloat16(string name)
    {
        using var scope = NewDisposeScope();
        var x = linspace(-4, 4, 101).to(ScalarType.BFloat16);
        var y = Activation.Of(name)(x);
        Assert.Equal(ScalarType.BFloat16, y.dtype);
        Assert.InRange(FixtureTensors.RelativeDifference(y, Activation.Of(name)(x.to(ScalarType.Float32))), 0, 0.02);
    }

    [Fact]
    public void Every_name_of_the_original_is_known_and_no_other() => Assert.Equal(Original["functions"]!.AsObject().Select(pair => pair.Key).Order(StringComparer.Ordinal), Activation.Names);

    [Theory, MemberData(nameof(Architectures))]
    public void Every_architecture_trains_with_every_activation(string architecture)
    {
        foreach (var name in Activation.Names)
        {
            using var scope = NewDisposeScope();
            (string, string)[] keys = [("hidden_act", name), ("hidden_activation", name), ("classifier_activation", name), ("activation_type", name)];
            var config = SmallConfigs.Of(architecture, new VocabularyFacts(20) { Pad = 0, Mask = 1 }, true, 16, 24, 2, 2, keys);
            using var model = NewModel.Initialize(config, 3, dtype: ScalarType.Float64);
            var input = new PackedSequences(arange(2, 12), [6, 4]);
            Tensor Loss() => model.Head(model.Encode(input)).square().mean();
            Loss().backward();
            var weight = model.Parameters.First(parameter => parameter.Name.Contains("mlp.Wi.weight", StringComparison.Ordinal) || parameter.Name.Contains("intermediate.dense.weight", StringComparison.Ordinal)
                || parameter.Name.Contains("gate_proj.weight", StringComparison.Ordinal) || parameter.Name.Contains("ff_proj.weight", StringComparison.Ordinal)).Value;
            var direction = ones_like(weight);
            var slope = (weight.grad! * direction).sum().item<double>();
            using var guard = no_grad();
            const double Step = 1e-5;
            weight.add_(direction, alpha: Step);
            var above = Loss().item<double>();
            weight.add_(direction, alpha: -2 * Step);
            var below = Loss().item<double>();
            Assert.Equal((above - below) / (2 * Step), slope, 1e-6 + 1e-4 * Math.Abs(slope));
        }
    }

    [Theory, MemberData(nameof(Architectures))]
    public void Trained_and_unknown_activations_are_refused_by_name(string architecture)
    {
        foreach (var (name, part) in new[] { ("prelu", "parameters of its own"), ("xielu", "parameters of its own"), ("gelu2", "gelu_new") })
        {
            (string, string)[] keys = [("hidden_act", name), ("hidden_activation", name), ("activation_type", name)];
            var error = Assert.Throws<UserError>(() => SmallConfigs.Of(architecture, new VocabularyFacts(20), true, 16, 24, 2, 2, keys));
            Assert.Contains($"is \"{name}\"", error.Message);
            Assert.Contains(part, error.Message);
        }
    }

    private static double[] Numbers(JsonNode list) => [.. list.AsArray().Select(number => number!.GetValue<double>())];
}
