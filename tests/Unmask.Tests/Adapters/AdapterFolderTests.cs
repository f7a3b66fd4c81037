using System.Text.Json.Nodes;
using Unmask.Engine.Modeling.Adapters;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Engine.Modeling.Checkpoints.Safetensors;
using Unmask.Primitives;
using Xunit;

using static TorchSharp.torch;

namespace Unmask.Tests.Adapters;

/// <summary>What is wrong with an adapter, or asks for what is not done here, is told; nothing of it is ignored.</summary>
public sealed class AdapterFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public AdapterFolderTests()
    {
        foreach (var file in Directory.GetFiles(Path.Combine(Fixtures.Golden, "bert", "lora"))) File.Copy(file, _folder[Path.GetFileName(file)]);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("peft_type", "\"LOHA\"", "peft_type is \"LOHA\"; only LORA can be used here.")]
    [InlineData("peft_type", null, "there is no peft_type, so this is no adapter of peft.")]
    [InlineData("use_qalora", "true", "use_qalora asks for QA-LoRA")]
    [InlineData("use_something_new", "true", "use_something_new asks for a form of LoRA")]
    [InlineData("something_new_config", "{\"x\": 1}", "something_new_config asks for a form of LoRA")]
    [InlineData("bias", "\"some\"", "bias is \"some\"; this program knows none, all, lora_only.")]
    [InlineData("bias", "[\"all\"]", "bias is [")]
    [InlineData("use_dora", "\"yes\"", "use_dora is \"yes\". It must be true or false.")]
    [InlineData("layer_replication", "[[0, 2], [1, 3]]", "layer_replication asks for replicated layers")]
    [InlineData("target_parameters", "[\"x.weight\"]", "target_parameters asks for adapters on bare parameters")]
    [InlineData("alora_invocation_tokens", "[1, 2]", "alora_invocation_tokens asks for activated LoRA")]
    [InlineData("modules_to_save", "\"decoder\"", "modules_to_save must be a list of module names.")]
    [InlineData("trainable_token_indices", "[-3]", "trainable_token_indices must be a list of token ids")]
    [InlineData("trainable_token_indices", "{\"word_embeddings\": \"x\"}", "trainable_token_indices must be a list of token ids")]
    [InlineData("init_lora_weights", "\"loftq\"", "init_lora_weights is \"loftq\", which changes the base's weights")]
    [InlineData("init_lora_weights", "\"of_a_later_version\"", "init_lora_weights is \"of_a_later_version\", which changes")]
    [InlineData("base_model_name_or_path", "{}", "base_model_name_or_path is {}. It must be a text.")]
    [InlineData("rank_pattern", "[1]", "rank_pattern must be a map of module names to numbers")]
    [InlineData("alpha_pattern", "{\"(\": 1}", "is not a regular expression over module paths")]
    [InlineData("r", "0", "r is 0. It must be a whole number from 1.")]
    [InlineData("lora_alpha", "\"many\"", "lora_alpha is \"many\"")]
    [InlineData("target_modules", "null", "target_modules is missing")]
    [InlineData("target_modules", "\"(\"", "is not a regular expression over module paths")]
    [InlineData("target_modules", "[3]", "target_modules must be a list of module names or one regular expression.")]
    [InlineData("rank_pattern", "{\"query\": 0}", "rank_pattern of \"query\" must be a whole number from 1.")]
    [InlineData("layers_to_transform", "[-1]", "layers_to_transform must be a number of a layer")]
    public void What_is_not_done_here_is_refused(string key, string? value, string sentence)
    {
        Change(json => { if (value is null) json.Remove(key); else json[key] = JsonNode.Parse(value); });
        var error = Assert.Throws<UserError>(() => AdapterFolder.Open(_folder.Path));
        Assert.Contains(sentence, Assert.Single(error.Problems));
        Assert.Contains(_folder[AdapterFolder.ConfigFile], error.Message);
    }

    [Fact]
    public void All_problems_are_told_at_once()
    {
        Change(json => (json["use_qalora"], json["r"], json["bias"]) = (true, 0, "some"));
        Assert.Equal(3, Assert.Throws<UserError>(() => AdapterFolder.Open(_folder.Path)).Problems.Count);
    }

    [Fact]
    public void Keys_that_are_not_known_are_left_alone()
    {
        Change(json => (json["peft_version"], json["of_a_later_version"]) = ("9.0", new JsonObject { ["x"] = 1 }));
        Open(Path.Combine(Fixtures.Golden, "bert"));
    }

    /// <summary>What names settings of the base that are not there, or two things for one module.</summary>
    [Theory]
    [InlineData("modules_to_save", "[\"decodr\"]", "modules_to_save has decodr, which no module of BertForMaskedLM is called; did you mean decoder?")]
    [InlineData("trainable_token_indices", "[123456]", "trainable_token_indices has 123456; the tokens of this BertForMaskedLM are 0 to")]
    [InlineData("trainable_token_indices", "[5, 5]", "trainable_token_indices has a token twice")]
    [InlineData("trainable_token_indices", "{\"wte\": [5]}", "trainable_token_indices names wte, which is no table of the vocabulary")]
    [InlineData("target_modules", "\"query|value\"", "match no linear layer")]
    [InlineData("target_modules", "\"(.*)*(.*)*(.*)*(.*)*x\"", "takes too long")]
    [InlineData("layers_to_transform", "[7]", "match no linear layer of BertForMaskedLM that its other settings")]
    public void What_means_nothing_in_the_base_is_told(string key, string value, string sentence)
    {
        Change(json => { json["target_modules"] = new JsonArray("query"); json[key] = JsonNode.Parse(value); });
        Assert.Contains(sentence, Assert.Throws<UserError>(() => Open(Path.Combine(Fixtures.Golden, "bert"))).Message);
    }

    [Fact]
    public void Names_and_patterns_that_match_nothing_are_warned_of()
    {
        Change(json => (json["exclude_modules"], json["rank_pattern"]) = (new JsonArray("nothing"), new JsonObject { ["no.such"] = 3 }));
        var plan = AdapterFolder.Open(_folder.Path).PlanFor(ModelFolder.Open(Path.Combine(Fixtures.Golden, "bert")));
        Assert.Equal(["exclude_modules (nothing) matches no module of BertForMaskedLM.", "rank_pattern has no.such, which matches no layer with an adapter."], plan.Warnings);
    }

    [Fact]
    public void A_file_with_several_adapters_is_told_by_their_names()
    {
        using var scope = NewDisposeScope();
        using (var file = SafetensorsFile.Open(_folder[AdapterFolder.WeightsFile]))
        {
            SafetensorsWriter.Write(_folder["new"], [.. file.Entries.SelectMany(entry => new[] { "first", "second" }.Select(name => new NamedTensor(entry.Name.Replace(".weight", $".{name}.weight", StringComparison.Ordinal), file.Read(entry.Name))))]);
        }

        File.Move(_folder["new"], _folder[AdapterFolder.WeightsFile], overwrite: true);
        Assert.Contains("holds the tensors of 2 adapters (first, second", Assert.Throws<UserError>(() => Open(Path.Combine(Fixtures.Golden, "bert"))).Message);
    }

    [Theory]
    [InlineData("base_model.model.", "module.base_model.model.")]
    [InlineData("base_model.model.", "_orig_mod.base_model.model._orig_mod.")]
    [InlineData("base_model.model.", "")]
    [InlineData("base_model.model.bert.", "base_model.model.")]
    [InlineData(".weight", ".some-name.weight")]
    public void Names_of_other_ways_of_saving_are_known(string from, string to)
    {
        using var scope = NewDisposeScope();
        var model = ModelFolder.Open(Path.Combine(Fixtures.Golden, "bert"));
        Change(json => json["target_modules"] = new JsonArray("query"));
        using (var file = SafetensorsFile.Open(_folder[AdapterFolder.WeightsFile]))
        {
            SafetensorsWriter.Write(_folder["new"], [.. file.Entries.Where(entry => entry.Name.Contains("query", StringComparison.Ordinal)).Select(entry => new NamedTensor(entry.Name.Replace(from, to, StringComparison.Ordinal), file.Read(entry.Name)))]);
        }

        File.Move(_folder["new"], _folder[AdapterFolder.WeightsFile], overwrite: true);
        using var adapter = AdapterFolder.Open(_folder.Path).Load(model);
        Assert.All(adapter.Parameters, parameter => Assert.StartsWith("base_model.model.bert.encoder.layer.", parameter.Name, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("modernbert", "is an adapter of BertForMaskedLM, but")]
    [InlineData("llada", "is an adapter of BertForMaskedLM, but")]
    public void A_base_of_another_architecture_is_refused(string name, string sentence) =>
        Assert.Contains(sentence, Assert.Throws<UserError>(() => Open(Path.Combine(Fixtures.Golden, name))).Message);

    [Fact]
    public void A_base_of_another_architecture_is_known_by_its_names_too()
    {
        Change(json => json["auto_mapping"] = null);
        Assert.Contains("match no linear layer of LLaDAModelLM", Assert.Throws<UserError>(() => Open(Path.Combine(Fixtures.Golden, "llada"))).Message);
        Change(json => json["target_modules"] = new JsonArray("q_proj"));
        var error = Assert.Throws<UserError>(() => Open(Path.Combine(Fixtures.Golden, "llada")));
        Assert.Contains("lacks 6 of 6 tensors", error.Message);
        Assert.Contains("tensors for which", error.Message);
    }

    [Fact]
    public void A_base_of_another_size_is_refused()
    {
        var error = Assert.Throws<UserError>(() => Open(Path.Combine(Fixtures.Data, "models", "bert")));
        Assert.Contains("has shape [4, 64], but", error.Message);
    }

    [Fact]
    public void A_base_with_other_weights_is_refused_where_the_adapter_says_what_it_was_trained_on()
    {
        using var scope = NewDisposeScope();
        var source = ModelFolder.Open(Path.Combine(Fixtures.Golden, "bert"));
        new BaseIdentity(source.Path, source.WeightsSha256()).Write(_folder.Path);
        Open(source.Path);

        using var model = source.Load().Model;
        ModelFolder.Save(_folder["same"], model, source.Config, shardBytes: 50_000);
        Assert.True(Directory.GetFiles(_folder["same"], "*.safetensors").Length > 1);
        Open(_folder["same"]);

        using (no_grad()) model.Parameters[0].Value[0, 0] += 1e-3f;
        ModelFolder.Save(_folder["other"], model, source.Config);
        Assert.Contains("was trained on other weights than those in", Assert.Throws<UserError>(() => Open(_folder["other"])).Message);
        File.Delete(_folder[BaseIdentity.FileName]);
        Open(_folder["other"]);
    }

    [Fact]
    public void Missing_folders_and_files_are_told()
    {
        Assert.Contains("does not exist", Assert.Throws<UserError>(() => AdapterFolder.Open(_folder["none"])).Message);
        Assert.Contains("has no adapter_config.json, so it is not an adapter folder of peft", Assert.Throws<UserError>(() => AdapterFolder.Open(Path.Combine(Fixtures.Golden, "bert"))).Message);
        Assert.Contains("does not say which model it belongs to", Assert.Throws<UserError>(() => ModelSource.Open(_folder.Path)).Message);
        Change(json => json["base_model_name_or_path"] = "no/such-model");
        Assert.Contains("belongs to the model no/such-model, which is not there", Assert.Throws<UserError>(() => ModelSource.Open(_folder.Path)).Message);
        Assert.Contains("is an adapter itself", Assert.Throws<UserError>(() => ModelSource.Open(_folder.Path, _folder.Path)).Message);
        File.Move(_folder[AdapterFolder.WeightsFile], _folder["adapter_model.bin"]);
        Assert.Contains("it has adapter_model.bin, which is not read", Assert.Throws<UserError>(() => Open(Path.Combine(Fixtures.Golden, "bert"))).Message);
    }

    [Fact]
    public void Tensors_that_the_settings_do_not_account_for_are_refused()
    {
        using var scope = NewDisposeScope();
        using (var file = SafetensorsFile.Open(_folder[AdapterFolder.WeightsFile]))
        {
            NamedTensor[] tensors = [.. file.Entries.Skip(1).Select(entry => new NamedTensor(entry.Name, file.Read(entry.Name))), new("base_model.model.x.lora_magnitude_vector", zeros(4))];
            SafetensorsWriter.Write(_folder["new"], tensors);
        }

        File.Move(_folder["new"], _folder[AdapterFolder.WeightsFile], overwrite: true);
        var error = Assert.Throws<UserError>(() => Open(Path.Combine(Fixtures.Golden, "bert")));
        Assert.Equal(2, error.Problems.Count);
        Assert.Contains("x.lora_magnitude_vector", error.Message);
    }

    private void Open(string model)
    {
        var source = ModelSource.Open(model, _folder.Path);
        source.Adapter!.Load(source.Base).Dispose();
    }

    private void Change(Action<JsonObject> change)
    {
        var file = _folder[AdapterFolder.ConfigFile];
        var json = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        change(json);
        File.WriteAllText(file, json.ToJsonString());
    }
}
