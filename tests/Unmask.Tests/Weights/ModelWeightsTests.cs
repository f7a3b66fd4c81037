using TorchSharp;
using Unmask.Engine.Modeling.Checkpoints.Safetensors;
using Unmask.Primitives;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Weights;

public sealed class ModelWeightsTests
{
    [Fact]
    public void ShardsHoldWhatOneFileHolds()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        NamedTensor[] tensors = [.. Enumerable.Range(0, 7).Select(i => new NamedTensor($"layer.{i}.weight", rand(10, i + 1)))];
        ModelWeights.Write(folder.Path, tensors, shardBytes: 300);
        Assert.False(File.Exists(folder.File("model.safetensors")));
        var shards = Directory.GetFiles(folder.Path, "model-*-of-*.safetensors");
        Assert.Equal(5, shards.Length);
        Assert.Contains(shards, path => path.EndsWith("model-00005-of-00005.safetensors", StringComparison.Ordinal));
        var index = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(folder.File("model.safetensors.index.json")))!;
        Assert.Equal(280 * 4, index["metadata"]!["total_size"]!.GetValue<int>());
        Assert.Equal(280, index["metadata"]!["total_parameters"]!.GetValue<int>());

        using var weights = ModelWeights.Open(folder.Path);
        Assert.Equal(7, weights.Names.Count());
        foreach (var (name, value) in tensors)
        {
            var read = empty(value.shape);
            weights.CopyTo(name, read);
            Assert.True(read.bytes.SequenceEqual(value.bytes));
        }
    }

    /// <summary>A model larger than the memory can be written.</summary>
    [Fact]
    public void TensorsAreMadeOneByOne()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var live = new List<long>();
        Tensor Make(long i)
        {
            live.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount);
            return ones(10, 10) * (float)i;
        }

        ModelWeights.WriteSources(folder.Path, [.. Enumerable.Range(0, 7).Select(i => new TensorSource($"layer.{i}.weight", ScalarType.Float32, [10, 10], () => Make(i)))], shardBytes: 1000);
        Assert.Equal(7, live.Count);
        Assert.Single(live.Distinct());
        using var weights = ModelWeights.Open(folder.Path);
        var read = empty(10, 10);
        weights.CopyTo("layer.6.weight", read);
        Assert.Equal(600, read.sum().item<float>());
        Assert.Throws<ArgumentException>(() => ModelWeights.WriteSources(folder.Path, [new TensorSource("a", ScalarType.Float32, [3], () => ones(4))]));
    }

    [Fact]
    public void MissingShardsAndTensorsAreAllNamed()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        SafetensorsWriter.Write(folder.File("one.safetensors"), [new NamedTensor("a", zeros(2))]);
        File.WriteAllText(
            folder.File("model.safetensors.index.json"),
            """{"weight_map":{"a":"one.safetensors","b":"one.safetensors","c":"two.safetensors","d":"../three.safetensors"}}""");
        var error = Assert.Throws<UserError>(() => ModelWeights.Open(folder.Path).Dispose());
        Assert.Equal(3, error.Problems.Count);
        Assert.Contains(error.Problems, problem => problem.Contains("one.safetensors lacks tensors") && problem.Contains(": b."));
        Assert.Contains(error.Problems, problem => problem.Contains("two.safetensors is missing"));
        Assert.Contains(error.Problems, problem => problem.Contains("'../three.safetensors'"));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"weight_map\":{\"a\":1}}")]
    [InlineData("{\"weight_map\":")]
    public void BrokenIndexIsNamed(string text)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("model.safetensors.index.json"), text);
        Assert.Contains("is not a valid index", Assert.Throws<UserError>(() => ModelWeights.Open(folder.Path).Dispose()).Message);
    }

    [Fact]
    public void OtherWeightFilesAreMentioned()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("pytorch_model.bin"), "");
        Assert.Contains("pytorch_model.bin", Assert.Throws<UserError>(() => ModelWeights.Open(folder.Path).Dispose()).Message);
    }
}
