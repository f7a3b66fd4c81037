using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Architectures;
using Unmask.Engine.Modeling.Blocks;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Primitives;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Models;

public sealed class NewModelTests
{
    [Theory]
    [InlineData("bert", "base", 30522, 109_514_298)]
    [InlineData("modernbert", "base", 50368, 149_655_232)]
    [InlineData("modernbert", "large", 50368, 395_881_664)]
    [InlineData("dream", "7b", 152064, 7_615_616_512)]
    [InlineData("llada", "8b", 126464, 8_015_581_184)]
    public void PublishedSizesHaveTheirPublishedParameters(string architecture, string size, int vocabulary, long parameters) =>
        Assert.Equal(parameters, NewModel.Configure(ModelCatalog.Named(architecture), size, new VocabularyFacts(vocabulary) { Pad = 0 }).ParameterCount);

    [Fact]
    public void SizesGrow()
    {
        foreach (var architecture in ModelCatalog.All)
        {
            var counts = architecture.Sizes.Select(size => NewModel.Configure(architecture, size.Name, new VocabularyFacts(1000)).ParameterCount).ToArray();
            Assert.Equal(counts.Order().Distinct(), counts);
        }
    }

    [Theory]
    [InlineData("bert")]
    [InlineData("modernbert")]
    [InlineData("dream")]
    [InlineData("llada")]
    public void StartValuesAreTheOriginals(string architecture)
    {
        using var scope = NewDisposeScope();
        var entry = ModelCatalog.Named(architecture);
        var config = NewModel.Configure(entry, "tiny", new VocabularyFacts(2000) { Pad = 5 });
        using var model = NewModel.Initialize(config, 1);
        Tensor Value(string name) => model.Parameters.Single(parameter => parameter.Name == name).Value.detach();
        foreach (var spec in config.Parameters)
        {
            var value = Value(spec.Name);
            switch (spec.Initialization)
            {
                case Initialization.Constant constant:
                    Assert.True(value.eq(constant.Value).all().item<bool>());
                    break;
                case Initialization.Normal normal:
                    // A normal cut at two standard deviations keeps 0.8796 of its width, at three 0.9866.
                    var expected = normal.StandardDeviation * (normal.Cutoff switch { null => 1, 2 => 0.8796, _ => 0.9866 });
                    var spread = 4 / Math.Sqrt(2.0 * spec.Elements);
                    Assert.InRange(value.std().item<float>(), expected * (1 - spread), expected * (1 + spread));
                    Assert.InRange(value.mean().item<float>(), -4 * expected / Math.Sqrt(spec.Elements), 4 * expected / Math.Sqrt(spec.Elements));
                    var largest = value.abs().max().item<float>() / normal.StandardDeviation;
                    if (normal.Cutoff is { } cutoff) Assert.InRange(largest, cutoff * 0.95, cutoff * 1.0001);
                    else if (spec.Elements > 10_000) Assert.InRange(largest, 3.2, 7);
                    break;
            }
        }

        switch (architecture)
        {
            case "bert":
                Assert.Equal(0, Value("bert.embeddings.word_embeddings.weight")[5].abs().max().item<float>());
                break;
            case "modernbert":
                Assert.Equal(0.02 / Math.Sqrt(8) * 0.8796, Value("model.layers.1.attn.Wo.weight").std().item<float>(), 1.5e-4);
                Assert.Equal(0.02 * 0.8796, Value("model.layers.1.mlp.Wi.weight").std().item<float>(), 3e-4);
                break;
            case "dream":
                Assert.Equal(0, Value("model.embed_tokens.weight")[5].abs().max().item<float>());
                Assert.Equal(0.02, Value("model.layers.1.mlp.down_proj.weight").std().item<float>(), 3e-4);
                break;
            case "llada":
                // Mitchell: 1 / sqrt(inputs), and what writes into the residual stream divided by sqrt(2 (layer + 1)).
                Assert.Equal(0.9866 / Math.Sqrt(128), Value("model.transformer.wte.weight").std().item<float>(), 1e-3);
                Assert.Equal(0.9866 / Math.Sqrt(128), Value("model.transformer.ff_out.weight").std().item<float>(), 1e-3);
                Assert.Equal(0.9866 / Math.Sqrt(128 * 4), Value("model.transformer.blocks.1.attn_out.weight").std().item<float>(), 1e-3);
                Assert.Equal(0.9866 / Math.Sqrt(384 * 2), Value("model.transformer.blocks.0.ff_out.weight").std().item<float>(), 1e-3);
                break;
        }
    }

    [Fact]
    public void IdsAndSizesStandUnderTheArchitecturesKeys()
    {
        var facts = new VocabularyFacts(60) { Pad = 5, Bos = 6, Eos = 5, Mask = 7 };
        var dream = NewModel.Configure(ModelCatalog.Named("dream"), "small", facts).Json;
        var llada = NewModel.Configure(ModelCatalog.Named("llada"), "small", facts).Json;
        foreach (var json in new[] { dream, llada })
        {
            Assert.Equal((5, 7, 60), (json["pad_token_id"]!.GetValue<int>(), json["mask_token_id"]!.GetValue<int>(), json["vocab_size"]!.GetValue<int>()));
        }

        Assert.Equal((384, 6, 2), (dream["hidden_size"]!.GetValue<int>(), dream["num_attention_heads"]!.GetValue<int>(), dream["num_key_value_heads"]!.GetValue<int>()));
        Assert.Equal((384, 1152, 60), (llada["d_model"]!.GetValue<int>(), llada["mlp_hidden_size"]!.GetValue<int>(), llada["embedding_size"]!.GetValue<int>()));
        Assert.False(llada.ContainsKey("hidden_size"));
        Assert.Equal(("DreamModel", "Dream"), (dream["architectures"]![0]!.GetValue<string>(), dream["model_type"]!.GetValue<string>()));
    }

    [Fact]
    public void WeightsDependOnSeedAndNameAlone()
    {
        using var scope = NewDisposeScope();
        var entry = ModelCatalog.Named("bert");
        var shallow = NewModel.Configure(entry, "tiny", new VocabularyFacts(50));
        var deep = NewModel.Configure(entry, "tiny", new VocabularyFacts(50), new Dictionary<string, string> { ["num_hidden_layers"] = "3" });
        using var a = NewModel.Initialize(shallow, 1);
        using var b = NewModel.Initialize(deep, 1);
        using var c = NewModel.Initialize(shallow, 2);
        var ofB = b.Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Value);
        foreach (var parameter in a.Parameters) Assert.True(parameter.Value.bytes.SequenceEqual(ofB[parameter.Name].bytes), parameter.Name);
        Assert.False(a.Parameters[0].Value.bytes.SequenceEqual(c.Parameters[0].Value.bytes));
        Assert.False(ofB["bert.encoder.layer.0.attention.self.query.weight"].bytes.SequenceEqual(ofB["bert.encoder.layer.1.attention.self.query.weight"].bytes));
    }

    [Fact]
    public void WrongWishesAreNamed()
    {
        Assert.Contains("tiny, mini, small, medium, base, large", Assert.Throws<UserError>(() => Make("huge")).Message);
        Assert.Contains("modernbert", Assert.Throws<UserError>(() => ModelCatalog.Named("gpt")).Message);
        var error = Assert.Throws<UserError>(() => Make("tiny", ("hiden_size", "64"), ("vocab_size", "10")));
        Assert.Equal(2, error.Problems.Count);
        Assert.Contains("hidden_size", error.Problems[0]);
        Assert.Contains("the tokenizer has 50 tokens", error.Problems[1]);
        Assert.Contains("hidden_size is \"wide\"", Assert.Throws<UserError>(() => Make("tiny", ("hidden_size", "wide"))).Message);

        static ModelConfig Make(string size, params (string Key, string Value)[] overrides) => NewModel.Configure(
            ModelCatalog.Named("bert"), size, new VocabularyFacts(50), overrides.ToDictionary(pair => pair.Key, pair => pair.Value));
    }

    [Fact]
    public void WhatDoesNotFitIsToldBeforeLoading()
    {
        using var folder = new TemporaryFolder();
        var config = NewModel.Configure(ModelCatalog.Named("bert"), "tiny", new VocabularyFacts(50));
        using (var model = NewModel.Initialize(config, 1)) ModelFolder.Write(folder.Path, model, config);
        var opened = ModelFolder.Open(folder.Path);
        Assert.Empty(ModelChecks.Problems(opened, new VocabularyFacts(50) { Mask = 49 }, 512));
        Assert.Contains("no mask token", Assert.Single(ModelChecks.Problems(opened, new VocabularyFacts(50))));
        var problems = ModelChecks.Problems(opened, new VocabularyFacts(60) { Mask = 59, Pad = 58 }, 1024);
        Assert.Equal(4, problems.Count);
        Assert.Contains(problems, problem => problem.Contains("max_length is 1024") && problem.Contains("at most 512"));
    }
}
