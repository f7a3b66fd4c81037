using System.Text.Json.Nodes;
using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Adapters;
using Unmask.Engine.Modeling.Architectures;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Modeling.Checkpoints.Safetensors;
using Unmask.Tests.Models;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Adapters;

/// <summary>Every adapter below the data root with a reference beside it, on the base that it names.</summary>
public sealed class ReferenceAdapterTests
{
    public static TheoryData<string> Folders() => new(
        Directory.GetFiles(Fixtures.Data, AdapterFolder.ConfigFile, SearchOption.AllDirectories)
            .Select(file => Path.GetDirectoryName(file)!)
            .Where(folder => File.Exists(Path.Combine(folder, "reference.json")))
            .Select(folder => Path.GetRelativePath(Fixtures.Data, folder))
            .Order());

    [Theory, MemberData(nameof(Folders))]
    public void Logits_loss_and_gradients_of_the_adapter_are_the_originals(string name)
    {
        using var scope = NewDisposeScope();
        var folder = Path.Combine(Fixtures.Data, name);
        var (source, copy) = Open(name);
        using var _ = copy;
        using var adapted = source.Load();
        using var reference = new FixtureTensors(Path.Combine(folder, "reference.safetensors"));
        adapted.Model.Freeze();
        foreach (var (_, value) in adapted.Adapter!.Parameters) value.requires_grad_(true);
        var lengths = reference.Lengths("attention_mask");

        var logits_NV = Logits(adapted.Model, reference);
        Assert.InRange(FixtureTensors.LargestDifference(logits_NV, FixtureTensors.Pack(reference.Float("logits"), lengths)), 0, 1e-4);
        var loss = nn.functional.cross_entropy(logits_NV, FixtureTensors.Pack(reference.Long("labels"), lengths), ignore_index: -100);
        Assert.Equal(reference.Float("loss").item<float>(), loss.item<float>(), 1e-4f);

        loss.backward();
        var norms = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "reference.json")))!["grad_norms"]!.AsObject().ToDictionary(pair => Plain(pair.Key), pair => pair.Value!.GetValue<double>());
        Assert.Equal(norms.Count, adapted.Adapter.Parameters.Count);
        foreach (var (parameter, value) in adapted.Adapter.Parameters)
        {
            // The original may list a parameter that it has twice under its other name.
            string[] names = [parameter, .. adapted.Adapter.Plan.Saved.Where(saved => parameter.EndsWith(saved.Names[0], StringComparison.Ordinal)).SelectMany(saved => saved.Names).Select(other => "base_model.model." + other)];
            var expected = norms[names.Select(Plain).First(norms.ContainsKey)];
            Assert.True(Math.Abs(value.grad!.norm().item<float>() - expected) <= 5e-4 * expected + 1e-6, $"{parameter}: {value.grad!.norm().item<float>()} for {expected}");
        }
    }

    [Theory, MemberData(nameof(Folders))]
    public void Merged_into_the_base_and_written_again_it_computes_the_same(string name)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var written = new TemporaryFolder();
        var (source, copy) = Open(name);
        using var _ = copy;
        using var reference = new FixtureTensors(Path.Combine(Fixtures.Data, name, "reference.safetensors"));
        var expected_NV = FixtureTensors.Pack(reference.Float("logits"), reference.Lengths("attention_mask"));
        using var adapter = source.Adapter!.Load(source.Base);

        Directory.CreateDirectory(written["merged"]);
        AdapterMerge.Write(written["merged"], source.Base, adapter);
        using (var merged = ModelFolder.Open(written["merged"]).Load().Model) Assert.InRange(FixtureTensors.LargestDifference(Logits(merged, reference), expected_NV), 0, 2e-4);

        Directory.CreateDirectory(written["adapter"]);
        AdapterFolder.Write(written["adapter"], adapter, trainedOn: null);
        using var again = new ModelSource(source.Base, AdapterFolder.Open(written["adapter"])).Load();
        Assert.InRange(FixtureTensors.LargestDifference(Logits(again.Model, reference), expected_NV), 0, 1e-4);
        // What came in under other names goes out under those of peft.
        using var file = new FixtureTensors(written["adapter/adapter_model.safetensors"]);
        Assert.All(file.Names, tensor => Assert.True(tensor.StartsWith("base_model.model.", StringComparison.Ordinal) && !tensor.Contains(".default", StringComparison.Ordinal), tensor));
    }

    private static Tensor Logits(MaskedLanguageModel model, FixtureTensors reference) => model.Head(model.Encode(reference.Packed("input_ids", reference.Lengths("attention_mask"))));

    private static (ModelSource Source, TemporaryFolder? Copy) Open(string name)
    {
        var opened = AdapterFolder.Open(Path.Combine(Fixtures.Data, name));
        var (source, copy) = ReferenceModelTests.Folder(Path.Combine(Path.GetDirectoryName(name)!, opened.Settings.BaseModel));
        return (new ModelSource(source, opened), copy);
    }

    /// <summary>In memory the names of the original have the adapter's own name and its wrappers in them.</summary>
    private static string Plain(string name) => name.Replace(".default", "", StringComparison.Ordinal).Replace(".modules_to_save", "", StringComparison.Ordinal)
        .Replace(".base_layer", "", StringComparison.Ordinal).Replace("magnitude_vector.weight", "magnitude_vector", StringComparison.Ordinal);

    /// <summary>The base is named relative to the folder beside it, whatever its name.</summary>
    [Theory, MemberData(nameof(Folders))]
    public void The_base_is_found_beside_the_folder_of_the_adapter(string name)
    {
        using var scope = NewDisposeScope();
        var folder = Path.Combine(Fixtures.Data, name);
        var expected = Path.Combine(Path.GetDirectoryName(folder)!, AdapterFolder.Open(folder).Settings.BaseModel);
        var modelType = JsonNode.Parse(File.ReadAllText(Path.Combine(expected, "config.json")))!["model_type"]!.GetValue<string>();
        Assert.SkipUnless(ModelCatalog.All.Any(entry => entry.ModelType == modelType), "its base is no model of the catalog as it lies there");
        var source = ModelSource.Open(folder);
        Assert.Equal(Path.GetFullPath(expected), Path.GetFullPath(source.Base.Path));
        using var adapted = source.Load();
        using var file = SafetensorsFile.Open(Path.Combine(folder, AdapterFolder.WeightsFile));
        Assert.Equal(file.Entries.Count(entry => entry.Name.Contains(".lora_A.", StringComparison.Ordinal) || entry.Name.Contains(".lora_embedding_A", StringComparison.Ordinal)), adapted.Adapter!.Plan.Layers.Count);
    }
}
