using System.Text.Json.Nodes;

using Unmask.Core;
using Unmask.Engine.Adapters;
using Unmask.Engine.Models;
using Unmask.Engine.Weights;

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
    [InlineData("peft_type", "\"LOHA\"", "peft_type is LOHA; only LORA can be used here.")]
    [InlineData("peft_type", null, "there is no peft_type, so this is no adaptor of peft.")]
    [InlineData("use_dora", "true", "use_dora asks for DoRA")]
    [InlineData("bias", "\"lora_only\"", "bias is lora_only")]
    [InlineData("lora_bias", "true", "lora_bias asks for biases")]
    [InlineData("fan_in_fan_out", "true", "fan_in_fan_out asks for weights stored as [in, out]")]
    [InlineData("layer_replication", "[[0, 2], [1, 3]]", "layer_replication asks for replicated layers")]
    [InlineData("modules_to_save", "[\"decoder\"]", "modules_to_save asks for modules trained as a whole")]
    [InlineData("trainable_token_indices", "[3]", "trainable_token_indices asks for trained token embeddings")]
    [InlineData("init_lora_weights", "\"pissa_niter_16\"", "init_lora_weights is pissa_niter_16, which changes the base's weights")]
    [InlineData("r", "0", "r is 0; it must be a whole number from 1.")]
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
        Change(json => (json["use_dora"], json["r"], json["bias"]) = (true, 0, "all"));
        Assert.Equal(3, Assert.Throws<UserError>(() => AdapterFolder.Open(_folder.Path)).Problems.Count);
    }

    [Fact]
    public void Keys_that_are_not_known_are_left_alone()
    {
        Change(json => (json["peft_version"], json["of_a_later_version"]) = ("9.0", new JsonObject { ["x"] = 1 }));
        Open(Path.Combine(Fixtures.Golden, "bert"));
    }

    [Theory]
    [InlineData("modernbert", "is an adaptor of BertForMaskedLM, but")]
    [InlineData("llada", "is an adaptor of BertForMaskedLM, but")]
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
        Assert.Contains("has no adapter_config.json, so it is not an adaptor folder of peft", Assert.Throws<UserError>(() => AdapterFolder.Open(Path.Combine(Fixtures.Golden, "bert"))).Message);
        Assert.Contains("does not say which model it belongs to", Assert.Throws<UserError>(() => ModelSource.Open(_folder.Path)).Message);
        Change(json => json["base_model_name_or_path"] = "no/such-model");
        Assert.Contains("belongs to the model no/such-model, which is not there", Assert.Throws<UserError>(() => ModelSource.Open(_folder.Path)).Message);
        Assert.Contains("is an adaptor itself", Assert.Throws<UserError>(() => ModelSource.Open(_folder.Path, _folder.Path)).Message);
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
