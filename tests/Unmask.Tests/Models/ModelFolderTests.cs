using System.Text.Json.Nodes;
using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Architectures;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Modeling.Checkpoints.Safetensors;
using Unmask.Primitives;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Models;

public sealed class ModelFolderTests
{
    private static readonly VocabularyFacts Vocabulary = new(40) { Pad = 0, Cls = 1, Sep = 2, Mask = 3 };

    public static TheoryData<string, bool> Variants() => new(
        ModelCatalog.All.SelectMany(entry => new[] { true, false }.Select(tied => new TheoryDataRow<string, bool>(entry.ModelType, tied))));

    [Theory, MemberData(nameof(Variants))]
    public void SavedModelsComeBackByteForByte(string architecture, bool tied)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var config = Configure(architecture, tied);
        config.Json["a_key_of_tomorrow"] = "kept";
        using var model = NewModel.Initialize(config, 7);
        Shake(model);
        var target = folder.File("model");
        ModelFolder.Save(target, model, config, path => File.WriteAllText(Path.Combine(path, "tokenizer.json"), "{}"));
        Assert.Equal(["config.json", "model.safetensors", "tokenizer.json"], Directory.GetFiles(target).Select(Path.GetFileName).Order());
        var opened = ModelFolder.Open(target);
        Assert.Equal("kept", opened.Config.Json["a_key_of_tomorrow"]!.GetValue<string>());
        AssertSame(model, opened.Load());

        var sharded = folder.File("sharded");
        ModelFolder.Save(sharded, model, config, shardBytes: 4000);
        Assert.True(File.Exists(Path.Combine(sharded, ModelWeights.IndexFile)));
        AssertSame(model, ModelFolder.Open(sharded).Load());
        Assert.Equal(2, Directory.GetFileSystemEntries(folder.Path).Length);
    }

    [Theory, MemberData(nameof(Variants))]
    public void HalfPrecisionStaysHalf(string architecture, bool tied)
    {
        using var folder = new TemporaryFolder();
        var config = Configure(architecture, tied);
        using var model = NewModel.Initialize(config, 7, dtype: ScalarType.BFloat16);
        var target = folder.File("model");
        ModelFolder.Save(target, model, config);
        var loaded = ModelFolder.Open(target).Load();
        Assert.Equal(ScalarType.BFloat16, loaded.Model.Dtype);
        AssertSame(model, loaded);
        Assert.Equal("bfloat16", JsonNode.Parse(File.ReadAllText(Path.Combine(target, "config.json")))!["dtype"]!.GetValue<string>());
    }

    [Fact]
    public void FirstBertFilesAreRead()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var config = Configure("bert", tied: true);
        using var model = NewModel.Initialize(config, 7);
        Shake(model);
        ModelFolder.Write(folder.Path, model, config);
        var tensors = model.Parameters.Select(parameter => new NamedTensor(
            parameter.Name.Replace("LayerNorm.weight", "LayerNorm.gamma").Replace("LayerNorm.bias", "LayerNorm.beta").Replace("predictions.bias", "predictions.decoder.bias"),
            parameter.Value)).ToList();
        tensors.Add(new NamedTensor("bert.embeddings.position_ids", arange(32).unsqueeze(0)));
        tensors.Add(new NamedTensor("bert.pooler.dense.weight", zeros(16, 16)));
        tensors.Add(new NamedTensor("cls.seq_relationship.bias", zeros(2)));
        tensors.Add(new NamedTensor("cls.predictions.decoder.weight", model.Parameters[0].Value.detach().clone()));
        tensors.Add(new NamedTensor("cls.something.else", zeros(1)));
        SafetensorsWriter.Write(folder.File("model.safetensors"), tensors);
        var loaded = ModelFolder.Open(folder.Path).Load();
        Assert.Contains("cls.something.else", Assert.Single(loaded.Warnings));
        AssertSame(model, loaded with { Warnings = [] });
    }

    [Fact]
    public void MissingAndMisshapenTensorsAreAllNamed()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var config = Configure("modernbert", tied: true);
        using var model = NewModel.Initialize(config, 7);
        ModelFolder.Write(folder.Path, model, config);
        var tensors = model.Parameters.Skip(2).Select(parameter => new NamedTensor(parameter.Name, parameter.Value)).ToList();
        tensors[^1] = tensors[^1] with { Value = zeros(41) };
        SafetensorsWriter.Write(folder.File("model.safetensors"), tensors);
        var error = Assert.Throws<UserError>(() => ModelFolder.Open(folder.Path).Load());
        Assert.Equal(2, error.Problems.Count);
        Assert.Contains("lacks 2 of", error.Problems[0]);
        Assert.Contains("model.embeddings.tok_embeddings.weight, model.embeddings.norm.weight", error.Problems[0]);
        Assert.Contains("decoder.bias has shape [41] in the file, but config.json asks for [40]", error.Problems[1]);
    }

    [Theory]
    [InlineData("""{"architectures":["GPT2LMHeadModel"],"model_type":"gpt2"}""", "GPT2LMHeadModel", "BertForMaskedLM")]
    [InlineData("{}", "names no architecture", "ModernBertForMaskedLM")]
    [InlineData("{", "not valid JSON", "config.json")]
    [InlineData("[]", "must hold a JSON object", "config.json")]
    [InlineData("""{"model_type":"\ud800"}""", "not valid JSON", "config.json")]
    [InlineData("""{"model_type":"bert","\udc00":1}""", "not valid JSON", "config.json")]
    [InlineData("""{"model_type":"bert","hidden_size":770}""", "hidden_size is 770", "12")]
    [InlineData("""{"model_type":"bert","hidden_size":-1,"hidden_act":"gelu2","pad_token_id":99999}""", "hidden_size is -1", "hidden_act is \"gelu2\"", "pad_token_id is 99999")]
    [InlineData("""{"model_type":"bert","position_embedding_type":"relative_key"}""", "relative_key")]
    [InlineData("""{"model_type":"modernbert","num_hidden_layers":2,"layer_types":["full_attention"]}""", "layer_types must be a list of 2")]
    [InlineData("""{"model_type":"modernbert","rope_parameters":{"full_attention":{"rope_type":"yarn"}}}""", "yarn")]
    [InlineData("""{"model_type":"Dream","num_attention_heads":6,"num_key_value_heads":4,"hidden_size":48}""", "num_attention_heads is 6", "num_key_value_heads, which is 4")]
    [InlineData("""{"model_type":"Dream","rope_scaling":{"rope_type":"yarn"},"use_sliding_window":true}""", "rope_scaling is", "use_sliding_window is true")]
    [InlineData("""{"model_type":"llada"}""", "block_type is missing", "layer_norm_type is missing", "activation_type is missing", "rope is false or missing")]
    [InlineData("""{"model_type":"llada","block_type":"sequential","layer_norm_type":"rms","activation_type":"silu","rope":true,"alibi":true,"clip_qkv":8}""", "block_type is \"sequential\"", "alibi is true", "clip_qkv")]
    [InlineData("""{"model_type":"llada","block_type":"llama","layer_norm_type":"rms","activation_type":"silu","rope":true,"vocab_size":50,"embedding_size":40}""", "embedding_size is 40")]
    public void WrongConfigsAreNamed(string json, params string[] parts)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("config.json"), json);
        var error = Assert.Throws<UserError>(() => ModelFolder.Open(folder.Path));
        foreach (var part in parts) Assert.Contains(part, error.Message);
    }

    [Fact]
    public void ConfigsOfBothVersionsMeanTheSame()
    {
        var old = ReadModernBert("""{"model_type":"modernbert","num_hidden_layers":4,"global_rope_theta":80000.0,"local_rope_theta":null,"local_attention":10}""");
        var recent = ReadModernBert(
            """
            {"model_type":"modernbert","num_hidden_layers":4,"local_attention":10,"layer_types":["full_attention","sliding_attention","sliding_attention","full_attention"],
             "rope_parameters":{"full_attention":{"rope_type":"default","rope_theta":80000.0},"sliding_attention":{"rope_type":"default","rope_theta":80000}}}
            """);
        Assert.Equal(old.Attention, recent.Attention);
        Assert.Equal([null, 5, 5, null], recent.Attention.Select(layer => layer.Window));
    }

    [Fact]
    public void LladaKeysFollowTheirOwnRules()
    {
        static Unmask.Engine.Modeling.Architectures.Llada.LladaConfig Read(string more) => Unmask.Engine.Modeling.Architectures.Llada.LladaConfig.Read(new ConfigReader(
            JsonNode.Parse($$"""{"block_type":"llama","layer_norm_type":"rms","activation_type":"silu","rope":true,"d_model":16,"n_heads":4,"n_layers":4,"vocab_size":40{{more}}}""")!.AsObject(), "test"));
        Assert.Equal((4, 64, 50304), (Read("").KeyValueHeads, Read("").IntermediateWidth, Read("").VocabularySize));
        Assert.Equal(1, Read(""","multi_query_attention":true""").KeyValueHeads);
        Assert.Equal(40, Read(""","embedding_size":null""").VocabularySize);
        Assert.True(Read("").TiesEmbeddings);
        var names = Read(""","weight_tying":false,"include_bias":true,"attention_layer_norm":true,"block_group_size":2,"bias_for_layer_norm":false""").Parameters.Select(spec => spec.Name).ToArray();
        Assert.Contains("model.transformer.block_groups.1.0.q_proj.bias", names);
        Assert.Contains("model.transformer.block_groups.1.1.q_norm.weight", names);
        Assert.Contains("model.transformer.ff_out.bias", names);
        Assert.DoesNotContain("model.transformer.ln_f.bias", names);
        Assert.Contains("model.transformer.blocks.0.q_proj.bias", Read(""","include_qkv_bias":true""").Parameters.Select(spec => spec.Name));
        Assert.DoesNotContain("model.transformer.blocks.0.ff_proj.bias", Read(""","include_qkv_bias":true""").Parameters.Select(spec => spec.Name));
    }

    [Fact]
    public void RealNumbersAreSavedAsSuch()
    {
        using var folder = new TemporaryFolder();
        // transformers 5 refuses a config with 2 where it wants 2.0.
        var config = SmallConfigs.Of("modernbert", new VocabularyFacts(50) { Pad = 0 }, true, 32, 48, 2, 2, ("initializer_range", "1"));
        using (var model = NewModel.Initialize(config, 1)) ModelFolder.Save(folder["model"], model, config);
        var saved = File.ReadAllText(Path.Combine(folder["model"], "config.json"));
        Assert.Contains("\"initializer_cutoff_factor\": 2.0,", saved);
        Assert.Contains("\"initializer_range\": 1.0,", saved);
        Assert.Contains("\"hidden_size\": 32,", saved);
        Assert.Equal(config.ParameterCount, ModelFolder.Open(folder["model"]).Config.ParameterCount);
    }

    [Fact]
    public void NothingIsWrittenOverOtherFiles()
    {
        using var folder = new TemporaryFolder();
        var config = Configure("bert", tied: true);
        using var model = NewModel.Initialize(config, 7);
        File.WriteAllText(folder.File("precious.txt"), "mine");
        Assert.Contains("is not empty", Assert.Throws<UserError>(() => ModelFolder.Save(folder.Path, model, config)).Message);
        Assert.Throws<InvalidOperationException>(() => ModelFolder.Save(folder.File("new"), model, config, _ => throw new InvalidOperationException()));
        Assert.Equal(["precious.txt"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName));
    }

    private static ModelConfig Configure(string architecture, bool tied) => SmallConfigs.Of(architecture, Vocabulary, tied, width: 16, intermediate: 24, layers: 2, heads: 2);

    private static Unmask.Engine.Modeling.Architectures.ModernBert.ModernBertConfig ReadModernBert(string json) =>
        Unmask.Engine.Modeling.Architectures.ModernBert.ModernBertConfig.Read(new ConfigReader(JsonNode.Parse(json)!.AsObject(), "test"));

    /// <summary>Gives zeros and ones values of their own, so that a swapped tensor shows.</summary>
    private static void Shake(MaskedLanguageModel model)
    {
        using var guard = no_grad();
        foreach (var parameter in model.Parameters) parameter.Value.add_(rand_like(parameter.Value));
    }

    private static void AssertSame(MaskedLanguageModel model, LoadedModel loaded)
    {
        using var other = loaded.Model;
        Assert.Empty(loaded.Warnings);
        Assert.Equal(model.Parameters.Select(parameter => parameter.Name), other.Parameters.Select(parameter => parameter.Name));
        foreach (var (a, b) in model.Parameters.Zip(other.Parameters))
        {
            Assert.True(b.Value is { is_leaf: true, requires_grad: true });
            Assert.True(a.Value.bytes.SequenceEqual(b.Value.bytes), a.Name);
        }
    }
}
