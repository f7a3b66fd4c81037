using System.Text.Json.Nodes;

using Unmask.Engine.Adapters;
using Unmask.Engine.Models;
using Unmask.Engine.Weights;
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
        var opened = AdapterFolder.Open(folder);
        var (source, copy) = ReferenceModelTests.Folder(Path.Combine(Path.GetDirectoryName(name)!, opened.Settings.BaseModel));
        using var _ = copy;
        using var adapted = new ModelSource(source, opened).Load();
        adapted.Model.Freeze();
        using var reference = new FixtureTensors(Path.Combine(folder, "reference.safetensors"));
        var lengths = reference.Lengths("attention_mask");

        var logits_NV = adapted.Model.Head(adapted.Model.Encode(reference.Packed("input_ids", lengths)));
        Assert.InRange(FixtureTensors.LargestDifference(logits_NV, FixtureTensors.Pack(reference.Float("logits"), lengths)), 0, 1e-4);
        var loss = nn.functional.cross_entropy(logits_NV, FixtureTensors.Pack(reference.Long("labels"), lengths), ignore_index: -100);
        Assert.Equal(reference.Float("loss").item<float>(), loss.item<float>(), 1e-4f);

        loss.backward();
        var norms = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "reference.json")))!["grad_norms"]!.AsObject();
        Assert.Equal(norms.Count, adapted.Adapter!.Parameters.Count);
        foreach (var (parameter, value) in adapted.Adapter.Parameters)
        {
            // In memory the names of the original have the adapter's own name in them.
            var expected = norms[parameter.Replace(".weight", ".default.weight", StringComparison.Ordinal)]!.GetValue<double>();
            Assert.InRange(value.grad!.norm().item<float>(), expected * (1 - 1e-4), expected * (1 + 1e-4));
        }
    }

    /// <summary>The base is named relative to the folder beside it, whatever its name.</summary>
    [Theory, MemberData(nameof(Folders))]
    public void The_base_is_found_beside_the_folder_of_the_adapter(string name)
    {
        using var scope = NewDisposeScope();
        var folder = Path.Combine(Fixtures.Data, name);
        var expected = Path.Combine(Path.GetDirectoryName(folder)!, AdapterFolder.Open(folder).Settings.BaseModel);
        var modelType = JsonNode.Parse(File.ReadAllText(Path.Combine(expected, "config.json")))!["model_type"]!.GetValue<string>();
        Assert.SkipUnless(ModelCatalog.All.Any(entry => entry.ModelType == modelType), "its base is no model of the catalogue as it lies there");
        var source = ModelSource.Open(folder);
        Assert.Equal(Path.GetFullPath(expected), Path.GetFullPath(source.Base.Path));
        using var adapted = source.Load();
        using var file = SafetensorsFile.Open(Path.Combine(folder, AdapterFolder.WeightsFile));
        Assert.Equal(file.Entries.Count(entry => entry.Name.Contains(".lora_A.", StringComparison.Ordinal)), adapted.Adapter!.Plan.Layers.Count);
    }
}
