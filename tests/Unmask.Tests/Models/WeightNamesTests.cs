using Unmask.Engine.Modeling;
using Unmask.Engine.Modeling.Architectures;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Modeling.Checkpoints.Safetensors;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Models;

/// <summary>Files whose tensors are named by a wrapper, or that hold only a part of the model.</summary>
public sealed class WeightNamesTests
{
    public static TheoryData<string, string> Wrapped() => new(
        ModelCatalog.All.SelectMany(entry => new[] { "_orig_mod.", "module.", "model.", "_fsdp_wrapped_module.", "base_model.model.", "_orig_mod.module.", "module._orig_mod.", "model._orig_mod.", "model.model." }
            .Select(prefix => new TheoryDataRow<string, string>(entry.ModelType, prefix))));

    [Theory, MemberData(nameof(Wrapped))]
    public void The_words_of_a_wrapper_are_left_out_and_told(string architecture, string prefix)
    {
        using var folder = new TemporaryFolder();
        using var model = Written(folder, architecture, tied: true, name => prefix + name);
        AssertSame(model, folder, prefix.Contains("_orig_mod.", StringComparison.Ordinal) ? "_orig_mod." : prefix);
    }

    [Theory]
    [InlineData("bert", "bert.encoder.layer.", "bert.encoder.layer.{0}._orig_mod.")]
    [InlineData("modernbert", "model.layers.", "model.layers.{0}._fsdp_wrapped_module._checkpoint_wrapped_module.")]
    public void Also_between_the_names(string architecture, string before, string wrapped)
    {
        using var folder = new TemporaryFolder();
        using var model = Written(folder, architecture, tied: true, name => name.StartsWith(before, StringComparison.Ordinal)
            ? string.Format(System.Globalization.CultureInfo.InvariantCulture, wrapped, name[before.Length]) + name[(before.Length + 2)..] : name);
        AssertSame(model, folder, "_orig_mod.", "_fsdp_wrapped_module.");
    }

    [Fact]
    public void A_tensor_under_its_own_name_comes_first()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var config = Configure("bert", true);
        using var model = NewModel.Initialize(config, 3);
        ModelFolder.Save(folder["model"], model, config);
        SafetensorsWriter.Write(Path.Combine(folder["model"], "model.safetensors"),
            [.. model.Parameters.Select(parameter => new NamedTensor(parameter.Name, parameter.Value)), .. model.Parameters.Select(parameter => new NamedTensor("_orig_mod." + parameter.Name, zeros_like(parameter.Value)))]);
        using var loaded = ModelFolder.Open(folder["model"]).Load().Model;
        foreach (var (a, b) in model.Parameters.Zip(loaded.Parameters)) Assert.True(a.Value.bytes.SequenceEqual(b.Value.bytes), a.Name);
    }

    [Theory]
    [InlineData("dream")]
    [InlineData("llada")]
    public void Layers_alone_are_the_whole_model_where_the_head_is_the_table(string architecture)
    {
        using var folder = new TemporaryFolder();
        using var model = Written(folder, architecture, tied: true, name => name["model.".Length..]);
        AssertSame(model, folder, "without 'model.'");
    }

    [Theory]
    [InlineData("bert", "bert.", "BertModel", "cls.predictions")]
    [InlineData("modernbert", "model.", "ModernBertModel", "head.dense.weight")]
    [InlineData("dream", "model.", "DreamBaseModel", "lm_head.weight")]
    public void Layers_without_a_head_are_told_in_one_sentence(string architecture, string body, string bare, string part)
    {
        foreach (var cut in new[] { true, false })
        {
            using var folder = new TemporaryFolder();
            using var model = Written(folder, architecture, tied: false, name => !name.StartsWith(body, StringComparison.Ordinal) ? null : cut ? name[body.Length..] : name);
            var problem = Assert.Single(ModelFolder.Open(folder["model"]).CheckWeights().Problems);
            Assert.Contains($"the layers alone ({bare}), without the head", problem);
            Assert.Contains(part, problem);
            Assert.InRange(problem.Length - folder["model"].Length, 1, 300);
        }
    }

    [Fact]
    public void Of_many_missing_tensors_a_few_are_named()
    {
        using var folder = new TemporaryFolder();
        using var model = Written(folder, "bert", tied: true, name => "something.else." + name);
        var problem = Assert.Single(ModelFolder.Open(folder["model"]).CheckWeights().Problems);
        Assert.Contains($"lacks {model.Parameters.Count} of {model.Parameters.Count} tensors", problem);
        Assert.Contains("something.else.bert", problem);
        Assert.Contains($"and {model.Parameters.Count - 3} more", problem);
        Assert.InRange(problem.Length, 1, 700);
    }

    [Fact]
    public void Of_many_tensors_of_another_shape_a_few_are_named()
    {
        using var folder = new TemporaryFolder();
        using var model = Written(folder, "bert", tied: true, name => name);
        var file = Path.Combine(folder["model"], "config.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"hidden_size\": 16", "\"hidden_size\": 32", StringComparison.Ordinal));
        var problems = ModelFolder.Open(folder["model"]).CheckWeights().Problems;
        Assert.Equal(4, problems.Count);
        Assert.Contains("more tensors have another shape", problems[^1]);
    }

    [Theory]
    [InlineData("base_model.model.{0}", "base_model.model.bert.encoder.layer.0.attention.self.query.lora_A.weight")]
    [InlineData("{0}", "bert.encoder.layer.0.attention.self.query.lora_A.default.weight")]
    public void An_adapter_that_was_not_merged_is_not_left_out_in_silence(string form, string tensor)
    {
        using var folder = new TemporaryFolder();
        using var model = Written(folder, "bert", tied: true, name => string.Format(System.Globalization.CultureInfo.InvariantCulture, form, name), tensor);
        var problem = Assert.Single(ModelFolder.Open(folder["model"]).CheckWeights().Problems);
        Assert.Contains("was not merged", problem);
        Assert.Contains(tensor, problem);
    }

    private static MaskedLanguageModel Written(TemporaryFolder folder, string architecture, bool tied, Func<string, string?> rename, params string[] more)
    {
        using var scope = NewDisposeScope();
        var config = Configure(architecture, tied);
        var model = NewModel.Initialize(config, 3);
        ModelFolder.Save(folder["model"], model, config);
        SafetensorsWriter.Write(Path.Combine(folder["model"], "model.safetensors"),
            [.. model.Parameters.Where(parameter => rename(parameter.Name) is not null).Select(parameter => new NamedTensor(rename(parameter.Name)!, parameter.Value)), .. more.Select(name => new NamedTensor(name, zeros(2, 2)))]);
        return model;
    }

    private static ModelConfig Configure(string architecture, bool tied) => SmallConfigs.Of(architecture, new VocabularyFacts(40) { Pad = 0, Mask = 3 }, tied, 16, 24, 2, 2);

    private static void AssertSame(MaskedLanguageModel model, TemporaryFolder folder, params string[] told)
    {
        var opened = ModelFolder.Open(folder["model"]);
        Assert.Empty(opened.CheckWeights().Problems);
        var loaded = opened.Load();
        using var other = loaded.Model;
        Assert.Contains(told, word => Assert.Single(loaded.Warnings).Contains(word, StringComparison.Ordinal));
        foreach (var (a, b) in model.Parameters.Zip(other.Parameters)) Assert.True(a.Value.bytes.SequenceEqual(b.Value.bytes), a.Name);
    }
}
