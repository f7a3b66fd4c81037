using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Unmask.Engine.Inspection;
using Unmask.Engine.Modeling.Architectures;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Models;

/// <summary>Model folders of strangers: whatever they claim costs nothing, and is told in a sentence.</summary>
public sealed partial class ModelBudgetTests
{
    public static TheoryData<string, string> Claims() => new(ModelCatalog.All.SelectMany(entry =>
    {
        string[] counts = [entry.SizeKeys.Width, entry.SizeKeys.Intermediate, entry.SizeKeys.Layers, entry.SizeKeys.Heads, "vocab_size", "max_position_embeddings", "local_attention", "type_vocab_size", "mlp_ratio", "block_group_size", "global_attn_every_n_layers"];
        return counts.Where(entry.DefaultConfig().ContainsKey).Append("vocab_size").Distinct().Select(key => new TheoryDataRow<string, string>(entry.ModelType, key));
    }));

    [Theory, MemberData(nameof(Claims))]
    public void A_size_that_no_file_has_ends_at_once(string architecture, string key)
    {
        using var folder = new TemporaryFolder();
        var config = SmallConfigs.Of(architecture, new VocabularyFacts(40) { Pad = 0, Mask = 3 }, true, 16, 24, 2, 2);
        using (var model = NewModel.Initialize(config, 1)) ModelFolder.Save(folder["model"], model, config);
        var file = Path.Combine(folder["model"], "config.json");
        var json = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        foreach (var claim in new[] { "2147483647", "2000000", "9223372036854775807", "1e300", "1024", "16777216", "-1", "0", "[]", "\"x\"", "1e5" })
        {
            json[key] = JsonNode.Parse(claim);
            File.WriteAllText(file, json.ToJsonString());
            var before = GC.GetAllocatedBytesForCurrentThread();
            var watch = Stopwatch.StartNew();
            var seen = ModelInspector.Look(folder["model"]);
            Assert.InRange(watch.ElapsedMilliseconds, 0, 3000);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 20);
            foreach (var problem in seen.Problems) Assert.InRange(problem.Length - folder.Path.Length, 1, 1500);
        }
    }

    [Fact]
    public void Two_million_layers_are_a_sentence()
    {
        using var folder = new TemporaryFolder();
        folder.Write("config.json", """{"architectures":["ModernBertForMaskedLM"],"model_type":"modernbert","num_hidden_layers":2000000}""");
        Assert.Contains("num_hidden_layers is 2000000. It must be a whole number from 1 to 1,024", Assert.Throws<UserError>(() => ModelFolder.Open(folder.Path)).Message);
        // Each of them is allowed, but not together.
        folder.Write("config.json", """{"architectures":["BertForMaskedLM"],"model_type":"bert","hidden_size":16777216,"num_attention_heads":1,"vocab_size":16777216}""");
        Assert.Contains("describes a model of", Assert.Throws<UserError>(() => ModelFolder.Open(folder.Path)).Message);
    }

    [Theory]
    [InlineData("Dream", "rope_scaling")]
    [InlineData("Dream", "rope_parameters")]
    [InlineData("modernbert", "rope_parameters", "full_attention", "rope_theta")]
    [InlineData("modernbert", "rope_parameters", "sliding_attention", "rope_type")]
    [InlineData("bert", "hidden_act")]
    [InlineData("llada", "block_type")]
    [InlineData("bert", "quantization_config", "quant_method")]
    public void A_long_value_is_shown_short(string architecture, params string[] path)
    {
        using var folder = new TemporaryFolder();
        var config = SmallConfigs.Of(architecture, new VocabularyFacts(40), true, 16, 24, 2, 2);
        using (var model = NewModel.Initialize(config, 1)) ModelFolder.Save(folder["model"], model, config);
        JsonNode value = new string('x', 100_000);
        foreach (var key in path.Skip(1).Reverse()) value = new JsonObject { [key] = value };
        var file = Path.Combine(folder["model"], "config.json");
        var json = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        json[path[0]] = value;
        File.WriteAllText(file, json.ToJsonString());
        var problems = ModelInspector.Look(folder["model"]).Problems.Where(problem => problem.Contains("xxx", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(problems);
        Assert.All(problems, problem => Assert.InRange(problem.Length, 1, 1000));
    }

    [Fact]
    public void Of_a_doubled_name_the_last_counts()
    {
        using var folder = new TemporaryFolder();
        folder.Write("config.json", """{"architectures":["BertForMaskedLM"],"model_type":"bert","num_hidden_layers":3,"num_hidden_layers":5,"dtype":"float16","dtype":"bfloat16"}""");
        var opened = ModelFolder.Open(folder.Path);
        Assert.Equal((5, TorchSharp.torch.ScalarType.BFloat16), (opened.Config.Layers, opened.StoredDtype));
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("model.safetensors")]
    [InlineData("model.safetensors.index.json")]
    public void A_named_pipe_or_a_folder_in_place_of_a_file_is_told(string name)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "makes a named pipe");
        foreach (var isPipe in new[] { true, false })
        {
            using var folder = new TemporaryFolder();
            var config = SmallConfigs.Of("bert", new VocabularyFacts(40), true, 16, 24, 2, 2);
            using (var model = NewModel.Initialize(config, 1)) ModelFolder.Save(folder["model"], model, config);
            if (name.EndsWith("index.json", StringComparison.Ordinal)) File.Delete(Path.Combine(folder["model"], "model.safetensors"));
            var path = Path.Combine(folder["model"], name);
            File.Delete(path);
            if (isPipe) Assert.Equal(0, MakePipe(path, 0b110_000_000));
            else Directory.CreateDirectory(path);
            var seen = ModelInspector.Look(folder["model"]);
            Assert.NotEmpty(seen.Problems);
            if (isPipe) Assert.Contains(seen.Problems, problem => problem.Contains("named pipe", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("a\0b")]
    [InlineData("")]
    [InlineData("/dev/null")]
    [InlineData("/proc/self")]
    public void A_path_that_is_no_model_is_told(string path)
    {
        Assert.NotEmpty(ModelInspector.Look(path).Problems);
        Assert.Throws<UserError>(() => ModelFolder.Open(path));
    }

    [Theory]
    [InlineData("""{"weight_map":{"a":"x\u0000y"}}""", "must be a file in the same folder")]
    [InlineData("""{"weight_map":{"a":"../model.safetensors"}}""", "must be a file in the same folder")]
    [InlineData("""{"weight_map":{"a":5}}""", "has no text for tensor a")]
    [InlineData("""{"weight_map":[]}""", "has no \"weight_map\"")]
    [InlineData("[]", "is not a valid index")]
    [InlineData("""{"weight_map":{"a\ud800":"x"}}""", "surrogate")]
    public void A_wrong_index_is_told(string index, string part)
    {
        using var folder = new TemporaryFolder();
        folder.Write("config.json", """{"architectures":["BertForMaskedLM"],"model_type":"bert"}""");
        folder.Write("model.safetensors.index.json", index);
        Assert.Contains(part, Assert.Single(ModelFolder.Open(folder.Path).CheckWeights().Problems));
    }

    [LibraryImport("libc", EntryPoint = "mkfifo", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakePipe(string path, uint mode);
}
