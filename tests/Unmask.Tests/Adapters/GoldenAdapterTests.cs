using System.Text.Json.Nodes;
using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Adapters;
using Unmask.Engine.Modeling.Adapters.Planning;
using Unmask.Engine.Modeling.Adapters.Targets;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Modeling.Checkpoints.Safetensors;
using Unmask.Engine.Modeling.Sequences;
using Unmask.Tests.Models;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Adapters;

/// <summary>Adapters that peft saved, on the models of the golden fixtures.</summary>
public sealed class GoldenAdapterTests
{
    public static TheoryData<string> Folders() => new(
        GoldenModelTests.Folders().Select(row => row.Data).Where(name => File.Exists(Path.Combine(Fixtures.Golden, name, "lora", AdapterFolder.WeightsFile))));

    /// <summary>With these adapters attention is so sharp that rounding alone, by whatever kernel, moves the logits by up to 2.4e-4 (measured against float64).</summary>
    [Theory, MemberData(nameof(Folders))]
    public void Logits_with_the_adapter_are_the_originals(string name)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var adapted = Source(name).Load();
        using var fixture = Fixture(name);
        Assert.InRange(FixtureTensors.LargestDifference(LogitsOfRow0(adapted.Model, fixture), ExpectedRow0(fixture)), 0, 5e-4);
    }

    [Theory, MemberData(nameof(Folders))]
    public void Merged_weights_are_the_originals(string name)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var source = Source(name);
        using var adapter = source.Adapter!.Load(source.Base);
        using var folder = new TemporaryFolder();
        AdapterMerge.Write(folder.Path, source.Base, adapter);
        using var model = ModelFolder.Open(folder.Path).Load().Model;
        using var fixture = Fixture(name);
        Assert.InRange(FixtureTensors.LargestDifference(LogitsOfRow0(model, fixture), ExpectedRow0(fixture)), 0, 5e-4);
        var norms = Description(name)["lora"]?.AsObject().FirstOrDefault(pair => pair.Key.Contains("merged", StringComparison.Ordinal) && pair.Value is JsonObject).Value;
        Assert.SkipWhen(norms is null, "the logits are those of the original; the fixture has no norms of the merged weights");
        var compared = 0;
        foreach (var (parameter, value) in model.Parameters)
        {
            if (norms[parameter] is not { } expected) continue;
            compared++;
            Assert.InRange(value.norm().item<float>(), expected.GetValue<double>() * (1 - 1e-4), expected.GetValue<double>() * (1 + 1e-4));
        }

        Assert.True(compared > 0, "no norm of a merged weight was compared");
    }

    [Theory, MemberData(nameof(Folders))]
    public void A_bfloat16_base_computes_its_branches_in_float32(string name)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var adapted = Source(name).Load(dtype: ScalarType.BFloat16);
        using var fixture = Fixture(name);
        Assert.All(adapted.Adapter!.Parameters, parameter => Assert.Equal(ScalarType.Float32, parameter.Value.dtype));
        var (logits, expected) = (LogitsOfRow0(adapted.Model, fixture), ExpectedRow0(fixture));
        Assert.Equal(ScalarType.BFloat16, logits.dtype);
        Assert.InRange(FixtureTensors.RelativeDifference(logits, expected), 0, 0.1);
    }

    [Theory, MemberData(nameof(Folders))]
    public void All_linear_means_the_layers_of_the_original_and_the_file_is_written_as_the_original_does(string name)
    {
        using var scope = NewDisposeScope();
        var source = Source(name);
        var original = Path.Combine(Fixtures.Golden, name, "lora");
        var settings = source.Adapter!.Settings with { Targets = TargetModules.Of([TargetModules.AllLinear]) };
        var plan = AdapterPlan.Of(settings, source.Base.Architecture, source.Base.Config);
        using (var file = SafetensorsFile.Open(Path.Combine(original, AdapterFolder.WeightsFile)))
        {
            Assert.SkipUnless(plan.Layers.Count == file.Entries.Count(entry => entry.Name.Contains(".lora_A.", StringComparison.Ordinal)), "the adapter of this fixture is on some layers only");
        }

        using var fresh = LoraAdapter.Fresh(plan, seed: 1, CPU, ScalarType.Float32);
        AdapterFolder.ReadInto(fresh, original);
        using var folder = new TemporaryFolder();
        AdapterFolder.Write(folder.Path, fresh, trainedOn: null);

        Assert.Equal(Lines(Path.Combine(original, AdapterFolder.ConfigFile)), Lines(folder[AdapterFolder.ConfigFile]));
        Assert.Equal(File.ReadAllBytes(Path.Combine(original, AdapterFolder.WeightsFile)), File.ReadAllBytes(folder[AdapterFolder.WeightsFile]));
    }

    [Theory, MemberData(nameof(Folders))]
    public void A_fresh_adapter_changes_nothing(string name)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var source = Source(name);
        using var fresh = LoraAdapter.Fresh(AdapterPlan.Of(source.Adapter!.Settings, source.Base.Architecture, source.Base.Config), seed: 1, CPU, ScalarType.Float32);
        using var model = source.Base.Load().Model;
        using var fixture = Fixture(name);
        var before = LogitsOfRow0(model, fixture);
        fresh.HangOn(model);
        Assert.Equal(0, FixtureTensors.LargestDifference(LogitsOfRow0(model, fixture), before));
    }

    /// <summary>Lines of a file, the order of the targets (a set in Python) and their commas apart.</summary>
    private static string[] Lines(string file)
    {
        var lines = File.ReadAllText(file).Split('\n');
        var from = Array.FindIndex(lines, line => line.Contains("\"target_modules\"", StringComparison.Ordinal)) + 1;
        var to = Array.FindIndex(lines, from, line => line.TrimStart().StartsWith(']'));
        return [.. lines[..from], .. lines[from..to].Select(line => line.TrimEnd(',')).Order(StringComparer.Ordinal), .. lines[to..]];
    }

    internal static ModelSource Source(string name) => ModelSource.Open(Path.Combine(Fixtures.Golden, name), Path.Combine(Fixtures.Golden, name, "lora"));

    private static FixtureTensors Fixture(string name) => new(Path.Combine(Fixtures.Golden, name, "fixture.safetensors"));

    private static JsonNode Description(string name) => JsonNode.Parse(File.ReadAllText(Path.Combine(Fixtures.Golden, name, "fixture.json")))!;

    private static Tensor LogitsOfRow0(MaskedLanguageModel model, FixtureTensors fixture)
    {
        var length = fixture.Lengths("batch.input_ids", "batch.attention_mask")[0];
        return model.Head(model.Encode(new PackedSequences(fixture.Long("batch.input_ids")[0].narrow(0, 0, length), [length])));
    }

    private static Tensor ExpectedRow0(FixtureTensors fixture) => fixture.Float("lora.logits_row0").narrow(0, 0, fixture.Lengths("batch.input_ids", "batch.attention_mask")[0]);
}
