using System.Text.Json.Nodes;
using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Architectures;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Modeling.Sequences;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Models;

/// <summary>Every model folder of the golden fixtures whose architecture is known: logits, hidden states and gradients of the originals.</summary>
public sealed class GoldenModelTests
{
    public static TheoryData<string> Folders() => new(
        Directory.GetDirectories(Fixtures.Golden)
            .Where(folder => File.Exists(Path.Combine(folder, "fixture.json")))
            .Where(folder => ModelCatalog.All.Any(entry => entry.ClassName == Description(folder)["class"]?.GetValue<string>()))
            .Select(folder => Path.GetFileName(folder)!)
            .Order());

    [Theory, MemberData(nameof(Folders))]
    public void LogitsAndHiddenStatesAreTheOriginals(string name)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var (model, fixture) = Open(name);
        using var _ = model;
        using var __ = fixture;

        var lengths = fixture.Lengths("batch.input_ids", "batch.attention_mask");
        var layers = new List<Tensor>();
        var logits = model.Head(model.Encode(fixture.Packed("batch.input_ids", lengths), layers));
        const string Forward = "forward.masked_attention.";
        Assert.InRange(FixtureTensors.LargestDifference(logits, FixtureTensors.Pack(fixture.Float($"{Forward}logits"), lengths)), 0, 1e-4);
        // Embeddings and the output of each layer; a fixture may have a part of them.
        Assert.Equal(ModelFolder.Open(Path.Combine(Fixtures.Golden, name)).Config.Layers + 1, layers.Count);
        foreach (var i in fixture.Indices($"{Forward}hidden."))
        {
            Assert.InRange(FixtureTensors.LargestDifference(layers[i], FixtureTensors.Pack(fixture.Float($"{Forward}hidden.{i}"), lengths)), 0, 1e-4);
        }
    }

    [Theory, MemberData(nameof(Folders))]
    public void WithoutMaskPaddingIsSeen(string name)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var (model, fixture) = Open(name);
        using var _ = model;
        using var __ = fixture;
        Assert.SkipUnless(fixture.Has("forward.no_mask.logits_row1"), "the fixture has no such pass");
        var width = fixture.Width("batch.input_ids");
        var row = new PackedSequences(fixture.Long("batch.input_ids")[1], [width]);
        Assert.InRange(FixtureTensors.LargestDifference(model.Head(model.Encode(row)), fixture.Float("forward.no_mask.logits_row1")), 0, 1e-4);
    }

    [Theory, MemberData(nameof(Folders))]
    public void PaddingThatSeesNothingHasTheLogitsOfTheOriginal(string name)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var (model, fixture) = Open(name);
        using var _ = model;
        using var __ = fixture;
        Assert.SkipUnless(model.TakesBlindTokens, "padding is left out of this architecture, not hidden from it");
        var (ids, width, lengths) = (fixture.Ints("batch.input_ids"), fixture.Width("batch.input_ids"), fixture.Lengths("batch.input_ids", "batch.attention_mask"));
        var row = Array.FindIndex(lengths, length => length < width);
        Assert.SkipWhen(row < 0, "the fixture has no padding");
        var blind = ids[((row * width) + lengths[row])..((row + 1) * width)];
        var packed = PackedSequences.FromPadded(ids, width, lengths, CPU, blind);
        var padding = model.Head(model.Encode(packed).narrow(0, lengths.Sum(), blind.Length));
        Assert.InRange(FixtureTensors.LargestDifference(padding, fixture.Float("forward.masked_attention.logits")[row].narrow(0, lengths[row], blind.Length)), 0, 1e-4);
    }

    /// <summary>Every loss without a shift that is divided by the tokens that may be masked.</summary>
    public static TheoryData<string, string> Losses()
    {
        var losses = new TheoryData<string, string>();
        foreach (var folder in Folders().Select(row => row.Data))
        {
            foreach (var (name, settings) in Description(folder)["loss_cases"]!.AsObject())
            {
                if (!settings!["right_shift_logits"]!.GetValue<bool>() && settings["loss_norm_type"]!.GetValue<string>() == "token") losses.Add(folder, name);
            }
        }

        return losses;
    }

    [Theory, MemberData(nameof(Losses))]
    public void GradientsAreTheOriginals(string name, string lossName)
    {
        using var scope = NewDisposeScope();
        var (model, fixture) = Open(name);
        using var _ = model;
        using var __ = fixture;
        var settings = Description(name)["loss_cases"]![lossName]!;
        var prefix = $"loss.{lossName}";
        var lengths = fixture.Lengths($"{prefix}.input_ids", $"{prefix}.attention_mask");
        var masked_N = FixtureTensors.Pack(fixture.Long($"{prefix}.masked"), lengths);
        var rows_S = masked_N.nonzero().squeeze(1);
        var clean_S = FixtureTensors.Pack(fixture.Long($"{prefix}.input_ids"), lengths).index_select(0, rows_S);
        var weights_S = FixtureTensors.Pack(fixture.Float($"{prefix}.weights"), lengths).index_select(0, rows_S);

        var hidden_ND = model.Encode(fixture.Packed($"{prefix}.noised_ids", lengths));
        var logits_SV = model.Head(hidden_ND.index_select(0, rows_S));
        if (fixture.Has($"{prefix}.logits_masked_positions")) Assert.InRange(FixtureTensors.LargestDifference(logits_SV, fixture.Float($"{prefix}.logits_masked_positions")), 0, 1e-4);
        var losses_S = nn.functional.cross_entropy(logits_SV, clean_S, reduction: nn.Reduction.None);
        var loss = (losses_S * weights_S).sum() / settings["maskable"]!.GetValue<int>();
        var expectedLoss = settings["loss"]!.GetValue<double>();
        Assert.InRange(loss.item<float>(), expectedLoss * (1 - 1e-5), expectedLoss * (1 + 1e-5));

        loss.backward();
        var noise = settings["f32_vs_f64"]!["grads_that_are_pure_noise"]?.AsArray().Select(item => item!.GetValue<string>()).ToHashSet() ?? [];
        var total = 0.0;
        foreach (var parameter in model.Parameters)
        {
            var gradient = parameter.Value.grad;
            Assert.NotNull(gradient);
            total += gradient.to(ScalarType.Float64).square().sum().item<double>();
            if (noise.Contains(parameter.Name) || !fixture.Has($"grad.{lossName}.{parameter.Name}")) continue;
            var difference = FixtureTensors.RelativeDifference(gradient, fixture.Float($"grad.{lossName}.{parameter.Name}"));
            Assert.True(difference < 1e-4, $"{parameter.Name}: {difference}");
        }

        var expectedNorm = settings["grad_norm_total"]!.GetValue<double>();
        Assert.InRange(Math.Sqrt(total), expectedNorm * (1 - 1e-5), expectedNorm * (1 + 1e-5));
    }

    /// <summary>fixture.json of a folder of the golden ones.</summary>
    internal static JsonNode Description(string folder) => JsonNode.Parse(File.ReadAllText(Path.Combine(Fixtures.Golden, folder, "fixture.json")))!;

    private static (MaskedLanguageModel Model, FixtureTensors Fixture) Open(string name)
    {
        var folder = Path.Combine(Fixtures.Golden, name);
        var loaded = ModelFolder.Open(folder).Load();
        Assert.DoesNotContain(loaded.Warnings, warning => warning.Contains("does not use", StringComparison.Ordinal));
        return (loaded.Model, new FixtureTensors(Path.Combine(folder, "fixture.safetensors")));
    }
}
