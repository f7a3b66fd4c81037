using System.Text;
using System.Text.Json.Nodes;
using TorchSharp;
using Unmask.Core.Parameters;
using Unmask.Engine.Data;
using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Architectures;
using Unmask.Engine.Modeling.Blocks;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Modeling.Checkpoints.Safetensors;
using Unmask.Engine.Modeling.Quantization;
using Unmask.Engine.Modeling.Sequences;
using Unmask.Engine.Objectives.Losses;
using Unmask.Engine.Objectives.Mdlm;
using Unmask.Primitives;
using Unmask.Tests.Models;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Quantization;

/// <summary>Whole models in 4 bits: loaded from plain folders, saved, loaded again, trained through.</summary>
public sealed class QuantizedModelTests : IDisposable
{
    private const string Weight = "model.transformer.blocks.0.q_proj.weight";

    private readonly TemporaryFolder folder = new();

    public static TheoryData<string> Architectures => ["bert", "modernbert", "dream", "llada"];

    [Theory, MemberData(nameof(Architectures))]
    public void Computes_what_a_plain_model_of_the_unpacked_weights_does(string architecture)
    {
        using var scope = NewDisposeScope();
        var plain = Save(architecture);
        using var model = plain.Load(in4Bit: true).Model;
        using var expected = plain.Load().Model;
        Assert.Equal(model.Linears.Count, model.Quantized!.ByName.Count);
        Assert.Equal(expected.Parameters.Count, model.Parameters.Count + model.Quantized.ByName.Count);
        Unpack(model, expected);
        Assert.InRange(FixtureTensors.RelativeDifference(Logits(model), Logits(expected)), 0, 1e-6);
        Assert.InRange(FixtureTensors.RelativeDifference(Logits(model), Logits(plain.Load().Model)), 1e-3, 0.7);
    }

    [Theory, MemberData(nameof(Architectures))]
    public void Saved_and_loaded_it_is_the_same_to_the_bit(string architecture)
    {
        using var scope = NewDisposeScope();
        var plain = Save(architecture);
        using var model = plain.Load(dtype: ScalarType.BFloat16, in4Bit: true).Model;
        ModelFolder.Save(folder["small"], model, plain.Config, shardBytes: 20_000);
        var small = ModelFolder.Open(folder["small"]);
        var loaded = small.Load();
        using var again = loaded.Model;
        Assert.Empty(loaded.Warnings);
        Assert.Equal(model.Quantized!.ByName.Keys, again.Quantized!.ByName.Keys);
        Assert.Equal(ScalarType.BFloat16, again.Quantized.ComputeDtype);
        Assert.Equal(Logits(model).bytes.ToArray(), Logits(again).bytes.ToArray());

        var config = (JsonObject)small.Config.Json["quantization_config"]!;
        Assert.Equal("bitsandbytes", (string?)config["quant_method"]);
        Assert.Equal("nf4", (string?)config["bnb_4bit_quant_type"]);
        Assert.Equal("bfloat16", (string?)config["bnb_4bit_compute_dtype"]);
        Assert.True((bool)config["load_in_4bit"]!);
        Assert.True((bool)config["bnb_4bit_use_double_quant"]!);
        Assert.Equal("6.0", config["llm_int8_threshold"]!.ToJsonString());
        Assert.Equal(plain.Architecture.LoraExclusions, config["llm_int8_skip_modules"]!.AsArray().Select(path => (string?)path));
    }

    /// <summary>What transformers and bitsandbytes look for.</summary>
    [Fact]
    public void The_files_hold_the_tensors_of_bitsandbytes()
    {
        using var scope = NewDisposeScope();
        var plain = Save("llada");
        using (var model = plain.Load(in4Bit: true).Model) ModelFolder.Save(folder["small"], model, plain.Config);
        using var weights = ModelWeights.Open(folder["small"]);
        long[] shape = plain.Config.Parameters.Single(spec => spec.Name == Weight).Shape;
        var count = shape[0] * shape[1];
        (string Ending, string Type, long[] Shape)[] expected =
        [
            ("", "U8", [count / 2, 1]), (".absmax", "U8", [count / 64]), (".quant_map", "F32", [16]), (".nested_absmax", "F32", [(count / 64 + 255) / 256]), (".nested_quant_map", "F32", [256]),
        ];
        foreach (var (ending, type, size) in expected)
        {
            Assert.Equal(type, weights[Weight + ending].Type.Name);
            Assert.Equal(size, weights[Weight + ending].Shape);
        }

        var state = JsonNode.Parse(Bytes(weights, $"{Weight}.quant_state.bitsandbytes__nf4"))!;
        Assert.Equal(
            ["quant_type", "blocksize", "dtype", "shape", "nested_blocksize", "nested_dtype", "nested_offset"], state.AsObject().Select(pair => pair.Key));
        Assert.Equal(shape, state["shape"]!.AsArray().Select(size => (long)size!));
        Assert.Equal("float32", (string?)state["dtype"]);
        Assert.DoesNotContain(weights.Names, name => name.StartsWith("model.transformer.ff_out.weight.", StringComparison.Ordinal));
    }

    /// <summary>Without double quantization, codes stored under a wider type, and an output head in 4 bits.</summary>
    [Fact]
    public void Other_forms_of_the_original_are_read()
    {
        using var scope = NewDisposeScope();
        var plain = Save("llada");
        using var dense = plain.Load().Model;
        using var scratch = new Nf4Scratch(ScalarType.Float32);
        var tensors = new List<NamedTensor>();
        foreach (var (name, value) in dense.Parameters)
        {
            if (value.shape is not [_, _] || name.EndsWith("wte.weight", StringComparison.Ordinal))
            {
                tensors.Add(new NamedTensor(name, value));
                continue;
            }

            using var weight = Nf4Weight.Quantize(value, scratch, doubly: false);
            var wide = empty([weight.Packed.numel() / 4, 1], ScalarType.Float32);
            weight.Packed.bytes.CopyTo(wide.bytes);
            tensors.Add(new NamedTensor(name, wide));
            tensors.Add(new NamedTensor(name + ".absmax", ((Nf4Scales.Plain)weight.Scales).Absmax.clone()));
            tensors.Add(new NamedTensor(name + ".quant_map", tensor(Nf4Format.Values.ToArray())));
            var state = $$"""{"quant_type": "nf4", "blocksize": 64, "dtype": "bfloat16", "shape": [{{value.shape[0]}}, {{value.shape[1]}}]}""";
            tensors.Add(new NamedTensor(name + ".quant_state.bitsandbytes__nf4", tensor(Encoding.UTF8.GetBytes(state))));
            using var noGrad = no_grad();
            value.copy_(weight.Dequantize(ScalarType.Float32));
        }

        Directory.CreateDirectory(folder["small"]);
        ModelWeights.Write(folder["small"], tensors);
        File.Copy(folder["llada/config.json"], folder["small/config.json"]);
        using var model = ModelFolder.Open(folder["small"]).Load().Model;
        Assert.Equal(model.Linears.Count, model.Quantized!.ByName.Count);
        Assert.InRange(FixtureTensors.RelativeDifference(Logits(model), Logits(dense)), 0, 1e-6);
    }

    [Theory]
    [InlineData("fp4", "fp4")]
    [InlineData("shape", "shape")]
    [InlineData("cut", "bytes")]
    [InlineData("json", "description")]
    [InlineData("block", "blocks of 128")]
    [InlineData("absmax", "missing")]
    [InlineData("config", "gptq")]
    [InlineData("8bit", "8 bits")]
    public void What_cannot_be_read_is_told(string damage, string expected)
    {
        using var scope = NewDisposeScope();
        var plain = Save("llada");
        using (var model = plain.Load(in4Bit: true).Model) ModelFolder.Save(folder["small"], model, plain.Config);
        Damage(damage);
        var error = Assert.Throws<UserError>(() => ModelFolder.Open(folder["small"]).Load());
        Assert.Contains(expected, error.Message);
    }

    [Theory, MemberData(nameof(Architectures))]
    public void Branches_train_through_it_with_and_without_activation_checkpoints(string architecture)
    {
        using var scope = NewDisposeScope();
        using var model = Save(architecture).Load(in4Bit: true).Model;
        using var plain = ModelFolder.Open(folder[architecture]).Load().Model;
        Unpack(model, plain);
        var (loss, gradients) = Step(model, checkpointing: false);
        var (checkpointedLoss, checkpointed) = Step(model, checkpointing: true);
        var (plainLoss, expected) = Step(plain, checkpointing: false);
        Assert.Equal(loss, checkpointedLoss);
        Assert.InRange(loss / plainLoss, 0.999999, 1.000001);
        for (var i = 0; i < gradients.Length; i++)
        {
            Assert.Equal(gradients[i].bytes.ToArray(), checkpointed[i].bytes.ToArray());
            Assert.InRange(FixtureTensors.RelativeDifference(gradients[i], expected[i]), 0, 1e-4);
        }
    }

    [Fact]
    public void Loading_and_disposing_leaves_nothing()
    {
        Save("modernbert");
        void Once()
        {
            using var scope = NewDisposeScope();
            using var model = ModelFolder.Open(folder["modernbert"]).Load(in4Bit: true).Model;
            Step(model, checkpointing: true);
        }

        Once();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (var i = 0; i < 5; i++) Once();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    public void Dispose() => folder.Dispose();

    private ModelFolder Save(string architecture)
    {
        var config = NewModel.Configure(ModelCatalog.Named(architecture), "tiny", new VocabularyFacts(50) { Pad = 0, Mask = 4 });
        using var model = NewModel.Initialize(config, seed: 3);
        using (no_grad())
        {
            // Start values are small; larger ones let every layer matter.
            foreach (var (name, value) in model.Parameters.Where(parameter => parameter.Value.dim() == 2)) value.mul_(3);
        }

        ModelFolder.Save(folder[architecture], model, config);
        return ModelFolder.Open(folder[architecture]);
    }

    private static void Unpack(MaskedLanguageModel model, MaskedLanguageModel into)
    {
        using var noGrad = no_grad();
        foreach (var (name, value) in into.Parameters)
        {
            if (model.Quantized!.ByName.GetValueOrDefault(name) is { } weight) value.copy_(weight.Dequantize(ScalarType.Float32));
        }
    }

    private static Tensor Logits(MaskedLanguageModel model)
    {
        using var noGrad = no_grad();
        var input = PackedSequences.FromPadded([.. Enumerable.Range(5, 36)], 12, [12, 7, 12], CPU);
        return model.Head(model.Encode(input));
    }

    /// <summary>A training step of small branches on all layers of the frozen model, always the same.</summary>
    private static (double Loss, Tensor[] Gradients) Step(MaskedLanguageModel model, bool checkpointing)
    {
        model.Freeze();
        (model.Training, model.ActivationCheckpointing) = (true, checkpointing);
        using var generator = new Generator(7);
        var trained = new List<Tensor>();
        foreach (var layer in ModelShapes(model))
        {
            var (down, up) = ((randn([4, layer.In], generator: generator) * 0.05).requires_grad_(), (randn([layer.Out, 4], generator: generator) * 0.05).requires_grad_());
            model.Linears.Single(linear => linear.Path == layer.Path).Branch = new LowRankBranch(layer.Path, down, up, Scale: 2, Dropout: 0.3);
            trained.AddRange([down, up]);
        }

        int[] ids = [.. Enumerable.Range(0, 20).Select(i => 5 + i * 7 % 40)];
        var batch = new Batch { Rows = 2, Width = 10, Ids = ids, Labels = ids, Lengths = [10, 10], ExampleIndex = [0, 1], OrderIndex = [0, 1], PromptLengths = [0, 0] };
        var noised = new Corruption(new CorruptionOptions(), maskId: 4).Apply(batch, seed: 1, epoch: 0);
        var result = MaskedCrossEntropy.Backward(model, noised, Normalizer.Of([batch], LossNorm.Token).ScoredWeights(noised));
        return (result.Loss, [.. trained.Select(value => value.grad!)]);
    }

    private static IEnumerable<LinearShape> ModelShapes(MaskedLanguageModel model) => model.Linears.Select(linear =>
    {
        var name = $"{linear.Path}.weight";
        var shape = model.Quantized?.ByName[name].Shape ?? model.Parameters.Single(parameter => parameter.Name == name).Value.shape;
        return new LinearShape(linear.Path, shape[1], shape[0]);
    });

    private void Damage(string damage)
    {
        var path = folder["small/model.safetensors"];
        Dictionary<string, Tensor> tensors;
        using (var file = SafetensorsFile.Open(path)) tensors = file.Entries.ToDictionary(entry => entry.Name, entry => file.Read(entry.Name));
        const string state = $"{Weight}.quant_state.bitsandbytes__nf4";
        var json = JsonNode.Parse(tensors[state].bytes)!;
        switch (damage)
        {
            case "fp4":
                tensors[$"{Weight}.quant_state.bitsandbytes__fp4"] = tensors[state];
                tensors.Remove(state);
                break;
            case "shape":
                json["shape"] = new JsonArray(3, 4);
                break;
            case "cut":
                tensors[Weight] = tensors[Weight].narrow(0, 0, 100);
                break;
            case "json":
                tensors[state] = tensor(Encoding.UTF8.GetBytes("{\"a\""));
                break;
            case "block":
                json["blocksize"] = 128;
                break;
            case "absmax":
                tensors.Remove($"{Weight}.absmax");
                break;
        }

        if (damage is "shape" or "block") tensors[state] = tensor(Encoding.UTF8.GetBytes(json.ToJsonString()));
        SafetensorsWriter.Write(path, [.. tensors.Select(pair => new NamedTensor(pair.Key, pair.Value))]);
        var config = JsonNode.Parse(File.ReadAllText(folder["small/config.json"]))!;
        if (damage == "config") config["quantization_config"]!["quant_method"] = "gptq";
        if (damage == "8bit") (config["quantization_config"]!["load_in_4bit"], config["quantization_config"]!["load_in_8bit"]) = (false, true);
        File.WriteAllText(folder["small/config.json"], config.ToJsonString());
    }

    private static byte[] Bytes(ModelWeights weights, string name)
    {
        using var target = empty(weights[name].Shape, ScalarType.Byte);
        weights.CopyTo(name, target);
        return target.bytes.ToArray();
    }
}
