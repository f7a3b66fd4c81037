using System.Text.Json.Nodes;
using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Validation;
using Unmask.Engine.Objectives.Mdlm;
using Unmask.Tests.Models;
using Xunit;
using static TorchSharp.torch;

namespace Unmask.Tests.Diffusion;

/// <summary>Dream's weights: the originals' numbers, the formula written out, and values told by hand.</summary>
public sealed class CartWeightTests
{
    public static TheoryData<int, double> Golden() => new(
        JsonNode.Parse(File.ReadAllText(Path.Combine(Fixtures.Golden, "common", "common.json")))!["cart"]!.AsArray()
            .Select(entry => new TheoryDataRow<int, double>(entry!["index"]!.GetValue<int>(), entry["geo_p"]!.GetValue<double>())));

    [Theory, MemberData(nameof(Golden))]
    public void Weights_are_the_originals(int index, double p)
    {
        using var scope = NewDisposeScope();
        using var fixture = new FixtureTensors(Path.Combine(Fixtures.Golden, "common", "common.safetensors"));
        var width = fixture.Width($"cart.{index}.masked");
        bool[] masked = [.. fixture.Ints($"cart.{index}.masked").Select(value => value != 0)];
        float[] expected = [.. fixture.Float($"cart.{index}.weights").data<float>()];
        var weights = new float[masked.Length];
        for (var at = 0; at < masked.Length; at += width) new CartWeight(p).Fill(masked.AsSpan(at, width), weights.AsSpan(at, width));
        foreach (var (e, a) in expected.Zip(weights)) Assert.True(Math.Abs(e - a) <= 1e-6 * e, $"expected {e:R}, got {a:R}");
    }

    [Theory]
    [InlineData(0.3, false, 0.36, 0.3285, 0.237465)]
    [InlineData(0.1, false, 0.14, 0.1355, 0.119255)]
    [InlineData(0.3, true, 0.30, 0.255, 0.12495)]
    public void Weights_told_by_hand(double p, bool legacy, double second, double third, double fifth)
    {
        var weights = new float[6];
        new CartWeight(p, legacy).Fill([false, false, true, true, false, true], weights);
        Assert.Equal([0, 0, (float)second, (float)third, 0, (float)fifth], weights, (a, b) => Math.Abs(a - b) < 1e-7);
    }

    [Theory]
    [InlineData(0.3, false)]
    [InlineData(1, false)]
    [InlineData(0.02, true)]
    public void The_recursion_is_the_sum_over_all_pairs(double p, bool legacy)
    {
        var random = new Random(4);
        for (var trial = 0; trial < 30; trial++)
        {
            bool[] masked = [.. Enumerable.Range(0, random.Next(1, 200)).Select(_ => random.NextDouble() < 0.5)];
            var weights = new float[masked.Length];
            new CartWeight(p, legacy).Fill(masked, weights);
            for (var i = 0; i < masked.Length; i++)
            {
                var sum = Enumerable.Range(0, masked.Length).Where(j => j != i && !masked[j]).Sum(j => Kernel(Math.Abs(i - j)));
                Assert.Equal(masked[i] ? sum : 0, weights[i], 1e-6);
            }
        }

        double Kernel(int distance) => legacy
            ? distance < 2 ? 0 : 0.5 * p * Math.Pow(1 - p, distance - 2)
            : 0.5 * p * Math.Pow(1 - p, distance - 1);
    }

    [Fact]
    public void A_row_without_context_has_no_weight()
    {
        var weights = new float[5];
        new CartWeight(0.3).Fill([true, true, true, true, true], weights);
        Assert.All(weights, weight => Assert.Equal(0, weight));
    }

    [Theory]
    [InlineData("cart[geo_p:0.3]", 0.3, false)]
    [InlineData("cart[geo_p:.85]", 0.85, false)]
    [InlineData("cart[geo_p:1.0]", 1, false)]
    [InlineData("cart_legacy[geo_p:0.15]", 0.15, true)]
    public void Settings_are_read_and_pass_the_check(string setting, double p, bool legacy)
    {
        Assert.Equal(new CartWeight(p, legacy), CartWeight.Parse(setting));
        Assert.DoesNotContain(Check(setting), problem => problem.Setting == "loss_weight_type");
    }

    /// <summary>The original takes 0.3 in silence for what it cannot read.</summary>
    [Theory]
    [InlineData("cart")]
    [InlineData("cart[geo_p:0]")]
    [InlineData("cart[geo_p:0.00]")]
    [InlineData("cart[geo_p:1.5]")]
    [InlineData("cart[geo_p:3e-1]")]
    [InlineData("cart[geo_p:-0.3]")]
    [InlineData("cart[geo_p:0,3]")]
    [InlineData("cart[geo_p:0.3] ")]
    [InlineData("Cart[geo_p:0.3]")]
    [InlineData("cart_old[geo_p:0.3]")]
    public void What_cannot_be_read_is_refused(string setting)
    {
        Assert.Null(CartWeight.Parse(setting));
        Assert.Contains(Check(setting), problem => problem.Setting == "loss_weight_type" && problem.Severity == Severity.Error);
    }

    private static IReadOnlyList<Problem> Check(string setting) => ParameterValidation.Check(
        new TrainParameters { Dataset = "rows.jsonl", ModelSize = "tiny", TrainingMethod = TrainingMethod.Dream, LossWeightType = setting }, ValidationFacts.None);
}
