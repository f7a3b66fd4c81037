using System.Text.Json.Nodes;
using Unmask.Core.Parameters;
using Unmask.Engine.Data;
using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Objectives.Losses;
using Unmask.Engine.Objectives.Mdlm;
using Unmask.Tests.Models;
using Xunit;
using static TorchSharp.torch;

namespace Unmask.Tests.Diffusion;

/// <summary>Every loss case of the golden models, shifted or not, with the weights of the schedule, of Dream or none: masks, weights, cross-entropies, loss and gradients of the originals.</summary>
public sealed class GoldenObjectiveTests
{
    public static TheoryData<string, string> Cases()
    {
        var cases = new TheoryData<string, string>();
        foreach (var folder in GoldenModelTests.Folders().Select(row => row.Data))
        {
            foreach (var (name, _) in Fixture(folder)["loss_cases"]!.AsObject()) cases.Add(folder, name);
        }

        return cases;
    }

    [Theory, MemberData(nameof(Cases))]
    public void Loss_and_gradients_are_the_originals(string folder, string name)
    {
        using var scope = NewDisposeScope();
        using var fixture = new FixtureTensors(Path.Combine(Fixtures.Golden, folder, "fixture.safetensors"));
        using var model = ModelFolder.Open(Path.Combine(Fixtures.Golden, folder)).Load(dtype: ScalarType.Float32).Model;
        var root = Fixture(folder);
        var settings = root["loss_cases"]![name]!;
        var prefix = $"loss.{name}";
        var batch = BatchOf(fixture, prefix);
        var recipe = new TrainParameters { LossWeightType = settings["loss_weight_type"]!.ToString(), TimeEpsilon = settings["time_epsilon"]!.GetValue<double>() };
        var options = CorruptionOptions.Of(recipe, settings["right_shift_logits"]!.GetValue<bool>()) with { Schedule = NoiseSchedule.Named(settings["alpha"]!.ToString()) };
        var corruption = new Corruption(options, root["special_ids"]!["mask"]!.GetValue<int>());
        var times = Floats(fixture, $"{prefix}.t");

        var noised = corruption.Apply(batch, times, Floats(fixture, $"{prefix}.u"));
        Assert.Equal(fixture.Ints($"{prefix}.masked"), noised.Masked.Select(masked => masked ? 1 : 0));
        Assert.Equal(fixture.Ints($"{prefix}.noised_ids"), noised.NoisedIds);
        Assert.Equal(noised.ScoredPositions, corruption.Apply(batch, times, noised.Masked).ScoredPositions);

        var weights = Floats(fixture, $"{prefix}.weights");
        // Of a fixture without cross-entropies the loss tells enough.
        var tokenLosses = fixture.Has($"{prefix}.token_ce") ? Floats(fixture, $"{prefix}.token_ce") : null;
        var losses = MaskedCrossEntropy.TokenLosses(model, noised);
        foreach (var (position, loss) in noised.ScoredPositions.Zip(losses))
        {
            Assert.True(Math.Abs(noised.Weights[position] - weights[position]) <= 1e-6 * weights[position], $"weight {weights[position]:R}, got {noised.Weights[position]:R}");
            if (tokenLosses is not null) Assert.InRange(loss, tokenLosses[position] - 5e-5, tokenLosses[position] + 5e-5);
        }

        var scored = Normalizer.Of([batch], Enum.Parse<LossNorm>(settings["loss_norm_type"]!.ToString(), ignoreCase: true)).ScoredWeights(noised);
        var expected = settings["loss"]!.GetValue<double>();
        Assert.Equal(expected, MaskedCrossEntropy.Evaluate(model, noised, scored).Loss, 1e-5 * expected);
        var result = MaskedCrossEntropy.Backward(model, noised, scored);
        Assert.Equal(expected, result.Loss, 1e-5 * expected);
        Assert.Equal(settings["masked"]!.GetValue<int>(), result.Masked);
        Assert.Equal(settings["maskable"]!.GetValue<int>(), result.Maskable);
        CheckGradients(model, fixture, name, settings);
    }

    private static void CheckGradients(MaskedLanguageModel model, FixtureTensors fixture, string name, JsonNode settings)
    {
        var noise = settings["f32_vs_f64"]!["grads_that_are_pure_noise"]?.AsArray().Select(item => item!.GetValue<string>()).ToHashSet() ?? [];
        double squares = 0;
        foreach (var parameter in model.Parameters)
        {
            var gradient = parameter.Value.grad!;
            squares += gradient.to(ScalarType.Float64).pow(2).sum().item<double>();
            if (noise.Contains(parameter.Name)) continue;
            if (settings["grad_norms"]?[parameter.Name] is { } norm)
            {
                var expected = norm.GetValue<double>();
                Assert.Equal(expected, gradient.norm().item<float>(), 1e-4 * expected + 1e-9);
            }

            if (fixture.Has($"grad.{name}.{parameter.Name}"))
            {
                Assert.InRange(FixtureTensors.RelativeDifference(gradient, fixture.Float($"grad.{name}.{parameter.Name}")), 0, 1e-4);
            }
        }

        var total = settings["grad_norm_total"]!.GetValue<double>();
        Assert.Equal(total, Math.Sqrt(squares), 1e-5 * total);
    }

    private static Batch BatchOf(FixtureTensors fixture, string prefix)
    {
        var width = fixture.Width($"{prefix}.input_ids");
        var ids = fixture.Ints($"{prefix}.input_ids");
        var rows = ids.Length / width;
        return new Batch
        {
            Rows = rows,
            Width = width,
            Ids = ids,
            Labels = fixture.Ints($"{prefix}.labels"),
            Lengths = fixture.Lengths($"{prefix}.input_ids", $"{prefix}.attention_mask"),
            ExampleIndex = [.. Enumerable.Range(0, rows).Select(row => (long)row)],
            OrderIndex = [.. Enumerable.Range(0, rows).Select(row => (long)row)],
            PromptLengths = new int[rows],
        };
    }

    private static float[] Floats(FixtureTensors fixture, string tensor) => [.. fixture.Float(tensor).data<float>()];

    private static JsonNode Fixture(string folder) => JsonNode.Parse(File.ReadAllText(Path.Combine(Fixtures.Golden, folder, "fixture.json")))!;
}
