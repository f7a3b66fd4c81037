using System.Globalization;
using System.Text.Json.Nodes;
using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Architectures;
using Unmask.Engine.Modeling.Checkpoints;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Models;

/// <summary>Every folder with a reference.json below the data root whose architecture is known.</summary>
public sealed class ReferenceModelTests
{
    public static TheoryData<string> Folders() => new(
        Directory.GetFiles(Fixtures.Data, "reference.json", SearchOption.AllDirectories)
            .Select(file => Path.GetDirectoryName(file)!)
            .Where(IsKnown)
            .Select(folder => Path.GetRelativePath(Fixtures.Data, folder))
            .Order());

    private static bool IsKnown(string folder)
    {
        var config = Path.Combine(folder, "config.json");
        return File.Exists(config) && JsonNode.Parse(File.ReadAllText(config))!["model_type"]?.GetValue<string>() is { } type
            && (type == "qwen2" || ModelCatalog.All.Any(entry => entry.ModelType == type));
    }

    private static MaskedLanguageModel Open(string name)
    {
        var (folder, copy) = Folder(name);
        using (copy) return folder.Load().Model;
    }

    /// <summary>A model folder, and the copy to remove after use, if any. Weights of Qwen2 that were computed without a causal mask are what Dream is made of.</summary>
    internal static (ModelFolder Folder, TemporaryFolder? Copy) Folder(string name)
    {
        var folder = Path.Combine(Fixtures.Data, name);
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!.AsObject();
        if (config["model_type"]!.GetValue<string>() != "qwen2") return (ModelFolder.Open(folder), null);
        (config["architectures"], config["model_type"]) = (new JsonArray("DreamModel"), "Dream");
        var copy = new TemporaryFolder();
        foreach (var file in Directory.GetFiles(folder, "model*")) File.Copy(file, Path.Combine(copy.Path, Path.GetFileName(file)));
        File.WriteAllText(Path.Combine(copy.Path, "config.json"), config.ToJsonString());
        return (ModelFolder.Open(copy.Path), copy);
    }

    [Theory, MemberData(nameof(Folders))]
    public void LogitsAndHiddenStatesAreTheOriginals(string name)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = Open(name);
        using var reference = new FixtureTensors(Path.Combine(Fixtures.Data, name, "reference.safetensors"));
        var lengths = reference.Lengths("attention_mask");
        var layers = new List<Tensor>();
        var encoded = model.Encode(reference.Packed("input_ids", lengths), layers);
        // This version of the original reports the last state after the final norm.
        layers[^1] = encoded;
        Assert.InRange(FixtureTensors.LargestDifference(model.Head(encoded), FixtureTensors.Pack(reference.Float("logits"), lengths)), 0, 1e-4);
        foreach (var hidden in reference.Names.Where(tensor => tensor.StartsWith("hidden_", StringComparison.Ordinal)))
        {
            var index = int.Parse(hidden["hidden_".Length..], CultureInfo.InvariantCulture);
            Assert.InRange(FixtureTensors.LargestDifference(layers[index], FixtureTensors.Pack(reference.Float(hidden), lengths)), 0, 1e-4);
        }
    }

    [Theory, MemberData(nameof(Folders))]
    public void LossAndGradientNormsAreTheOriginals(string name)
    {
        using var scope = NewDisposeScope();
        using var model = Open(name);
        using var reference = new FixtureTensors(Path.Combine(Fixtures.Data, name, "reference.safetensors"));
        var lengths = reference.Lengths("attention_mask");
        var logits_NV = model.Head(model.Encode(reference.Packed("input_ids", lengths)));
        var loss = nn.functional.cross_entropy(logits_NV, FixtureTensors.Pack(reference.Long("labels"), lengths), ignore_index: -100);
        Assert.Equal(reference.Float("loss").item<float>(), loss.item<float>(), 1e-4f);
        loss.backward();
        var norms = JsonNode.Parse(File.ReadAllText(Path.Combine(Fixtures.Data, name, "reference.json")))!["grad_norms"]!.AsObject();
        var compared = 0;
        foreach (var parameter in model.Parameters)
        {
            // A second name for the same tensor counts as the same.
            if ((norms[parameter.Name] ?? norms[parameter.Name.Replace("predictions.bias", "predictions.decoder.bias", StringComparison.Ordinal)]) is not { } known) continue;
            var expected = known.GetValue<double>();
            compared++;
            if (expected < 1e-6) continue;
            Assert.InRange(parameter.Value.grad!.norm().item<float>(), expected * (1 - 1e-4), expected * (1 + 1e-4));
        }

        Assert.True(compared > 0, "no gradient norm of the original was compared");
    }
}
