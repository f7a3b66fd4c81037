using System.Text.Json.Nodes;
using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Architectures;
using Unmask.Engine.Modeling.Architectures.ModernBert;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Modeling.Sequences;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Models;

/// <summary>What is written into config.json, so that versions 4 and 5 of transformers open the same model.</summary>
public sealed class PortableConfigTests
{
    private static readonly VocabularyFacts Vocabulary = new(40) { Pad = 0, Cls = 1, Sep = 2, Mask = 3 };

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void Global_layers_alone_are_written_as_windows_over_every_position(int layers)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var folder = new TemporaryFolder();
        var config = SmallConfigs.Of("modernbert", Vocabulary, true, 32, 48, layers, 2, ("global_attn_every_n_layers", "1"), ("global_rope_theta", "5000"), ("initializer_range", "0.3"));
        using var model = NewModel.Initialize(config, 5);
        ModelFolder.Save(folder["model"], model, config);
        var (every, types, window, global, local) = ReadByVersions4And5(Json(folder["model"]));
        // Version 5 takes no model whose layers are all of one kind.
        Assert.Contains("full_attention", types);
        Assert.Contains("sliding_attention", types);
        Assert.Equal(types, Enumerable.Range(0, layers).Select(i => i % every == 0 ? "full_attention" : "sliding_attention"));
        Assert.True(window >= config.ContextLength);
        Assert.Equal((5000.0, 5000.0), (global, local));

        using var again = ModelFolder.Open(folder["model"]).Load().Model;
        foreach (var length in new[] { 1, 7, 32 })
        {
            var input = new PackedSequences(arange(length) % 40, [length]);
            // The same bits, since nothing is masked.
            Assert.Equal(0, FixtureTensors.LargestDifference(model.Head(model.Encode(input)), again.Head(again.Encode(input))));
        }

        ModelFolder.Save(folder["again"], again, ModelFolder.Open(folder["model"]).Config);
        Assert.Equal(File.ReadAllText(Path.Combine(folder["model"], "config.json")), File.ReadAllText(Path.Combine(folder["again"], "config.json")));
    }

    [Theory]
    [InlineData("""{"num_hidden_layers":4,"local_attention":10,"global_rope_theta":80000.0,"local_rope_theta":null}""")]
    [InlineData("""{"num_hidden_layers":4,"local_attention":10}""")]
    [InlineData("""{"num_hidden_layers":5,"local_attention":10,"global_attn_every_n_layers":2,"global_rope_theta":7}""")]
    [InlineData("""{"num_hidden_layers":3,"local_attention":10,"global_attn_every_n_layers":9}""")]
    [InlineData("""{"num_hidden_layers":4,"local_attention":10,"layer_types":["full_attention","sliding_attention","full_attention","sliding_attention"],"rope_parameters":{"full_attention":{"rope_type":"default","rope_theta":300.0},"sliding_attention":{"rope_type":"default","rope_theta":200}}}""")]
    [InlineData("""{"num_hidden_layers":3,"local_attention":10,"layer_types":["full_attention","full_attention","full_attention"],"rope_parameters":{"full_attention":{"rope_type":"default","rope_theta":300.0}}}""")]
    [InlineData("""{"num_hidden_layers":2,"local_attention":10,"rope_parameters":{"full_attention":{"rope_theta":300.0}},"local_rope_theta":44.0}""")]
    public void Whatever_form_is_read_both_versions_read_the_same_of_what_is_written(string json)
    {
        using var folder = new TemporaryFolder();
        var config = ReadModernBert(json);
        using (var model = NewModel.Initialize(config, 5)) ModelFolder.Save(folder["model"], model, config);
        var (every, types, window, global, local) = ReadByVersions4And5(Json(folder["model"]));
        Assert.Equal(types, Enumerable.Range(0, config.Layers).Select(i => i % every == 0 ? "full_attention" : "sliding_attention"));
        Assert.Contains("sliding_attention", types);
        for (var i = 0; i < config.Layers; i++)
        {
            var (expected, isGlobal) = (config.Attention[i], types[i] == "full_attention");
            Assert.Equal(expected.Theta, isGlobal ? global : local);
            Assert.Equal(Math.Min(expected.Window ?? int.MaxValue, config.ContextLength), Math.Min(isGlobal ? int.MaxValue : window, config.ContextLength));
        }
    }

    [Fact]
    public void Layers_that_only_the_newer_keys_can_say_keep_them()
    {
        using var folder = new TemporaryFolder();
        var config = ReadModernBert("""{"num_hidden_layers":3,"local_attention":10,"layer_types":["sliding_attention","full_attention","full_attention"]}""");
        using (var model = NewModel.Initialize(config, 5)) ModelFolder.Save(folder["model"], model, config);
        Assert.Equal(config.Attention, ((ModernBertConfig)ModelFolder.Open(folder["model"]).Config).Attention);
    }

    [Fact]
    public void One_layer_is_told_to_be_too_few_for_the_newer_version()
    {
        using var folder = new TemporaryFolder();
        var config = SmallConfigs.Of("modernbert", Vocabulary, true, 32, 48, 1, 2);
        using (var model = NewModel.Initialize(config, 5)) ModelFolder.Save(folder["model"], model, config);
        Assert.Contains(ModelFolder.Open(folder["model"]).CheckWeights().Warnings, warning => warning.Contains("transformers 5", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"num_hidden_layers":4,"layer_types":["full_attention","sliding_attention","full_attention","sliding_attention"]}""")]
    [InlineData("""{"num_hidden_layers":2,"layer_types":["full_attention","full_attention"]}""")]
    [InlineData("""{"num_hidden_layers":3,"layer_types":["sliding_attention","full_attention","full_attention"]}""", "transformers 4 ")]
    [InlineData("""{"num_hidden_layers":2,"layer_types":["sliding_attention","sliding_attention"]}""", "transformers 5 ", "transformers 4 ")]
    [InlineData("""{"num_hidden_layers":1,"layer_types":["full_attention"]}""", "transformers 5 ")]
    public void Layers_that_one_of_the_versions_reads_otherwise_are_told(string json, params string[] told)
    {
        using var folder = new TemporaryFolder();
        var config = ReadModernBert(json);
        using (var model = NewModel.Initialize(config, 5)) ModelFolder.Save(folder["model"], model, config);
        Assert.Collection(ModelFolder.Open(folder["model"]).Config.Notices, [.. told.Select(part => (Action<string>)(notice => Assert.Contains(part, notice)))]);
    }

    [Theory]
    [InlineData("bert")]
    [InlineData("modernbert")]
    [InlineData("dream")]
    [InlineData("llada")]
    public void The_class_is_named_as_the_weights_are_and_nulls_go_where_the_class_takes_none(string architecture)
    {
        using var folder = new TemporaryFolder();
        var entry = ModelCatalog.Named(architecture);
        var json = SmallConfigs.Of(architecture, Vocabulary, true, 32, 48, 2, 2).Json;
        json.Remove("architectures");
        foreach (var key in new[] { "attention_dropout", "attention_probs_dropout_prob", "hidden_dropout_prob", "local_rope_theta" }) if (json.ContainsKey(key)) json[key] = null;
        var config = entry.ReadConfig(new ConfigReader(json, "test"));
        using (var model = NewModel.Initialize(config, 5)) ModelFolder.Save(folder["model"], model, config);
        var written = Json(folder["model"]);
        Assert.Equal([entry.ClassName], written["architectures"]!.AsArray().Select(name => name!.GetValue<string>()));
        Assert.Equal(entry.ModelType, written["model_type"]!.GetValue<string>());
        if (entry.Code is null) Assert.DoesNotContain(written, pair => pair.Value is null && entry.DefaultConfig()[pair.Key] is not null);
    }

    /// <summary>What the two versions make of a file: as their classes read it.</summary>
    private static (int Every, string[] Types, int HalfWindow, double GlobalTheta, double LocalTheta) ReadByVersions4And5(JsonObject json)
    {
        // Version 4.57: the older keys alone.
        var every = json["global_attn_every_n_layers"]?.GetValue<int>() ?? 3;
        var (global4, local4) = (json["global_rope_theta"]?.GetValue<double>() ?? 160_000, json.ContainsKey("local_rope_theta") ? json["local_rope_theta"]!.GetValue<double>() : 10_000);
        // Version 5.12: the newer ones, and the older where they are missing.
        var types = json["layer_types"]?.AsArray().Select(type => type!.GetValue<string>()).ToArray()
            ?? [.. Enumerable.Range(0, json["num_hidden_layers"]!.GetValue<int>()).Select(i => i % every == 0 ? "full_attention" : "sliding_attention")];
        double Theta(string kind, double older) => json["rope_parameters"]?[kind]?["rope_theta"]?.GetValue<double>() ?? older;
        Assert.Equal((global4, local4), (Theta("full_attention", global4), Theta("sliding_attention", local4)));
        return (every, types, json["local_attention"]!.GetValue<int>() / 2, global4, local4);
    }

    private static JsonObject Json(string folder) => JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!.AsObject();

    private static ModernBertConfig ReadModernBert(string json)
    {
        var all = JsonNode.Parse(json)!.AsObject();
        foreach (var (key, value) in new[] { ("hidden_size", 16), ("num_attention_heads", 2), ("intermediate_size", 24), ("vocab_size", 40), ("max_position_embeddings", 30), ("pad_token_id", 0) }) all[key] = value;
        (all["architectures"], all["model_type"]) = (new JsonArray("ModernBertForMaskedLM"), "modernbert");
        return ModernBertConfig.Read(new ConfigReader(all, "test"));
    }
}
