using System.Text.Json.Nodes;
using Unmask.Engine.Inspection;
using Unmask.Engine.Modeling.Checkpoints;
using Xunit;

namespace Unmask.Tests.Models;

/// <summary>Folders of models whose code is not in transformers say where it is published, and hold none themselves.</summary>
public sealed class RemoteCodeTests
{
    private static readonly VocabularyFacts Vocabulary = new(40) { Pad = 0, Mask = 3 };

    [Theory]
    [InlineData("dream", "AutoConfig=Dream-org/Dream-v0-Instruct-7B--configuration_dream.DreamConfig", "AutoModel=Dream-org/Dream-v0-Instruct-7B--modeling_dream.DreamModel")]
    [InlineData("llada", "AutoConfig=GSAI-ML/LLaDA-8B-Base--configuration_llada.LLaDAConfig", "AutoModel=GSAI-ML/LLaDA-8B-Base--modeling_llada.LLaDAModelLM", "AutoModelForCausalLM=GSAI-ML/LLaDA-8B-Base--modeling_llada.LLaDAModelLM")]
    [InlineData("bert")]
    [InlineData("modernbert")]
    public void A_fresh_model_names_the_published_code_of_its_family(string architecture, params string[] expected)
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(expected, MapOf(Saved(folder, architecture, map: null, "model")));
    }

    [Theory]
    // As it is.
    [InlineData("dream", "model", """{"AutoConfig":"me/my-dream--conf.DreamConfig","AutoModel":"me/my-dream--model.DreamModel"}""", "AutoConfig=me/my-dream--conf.DreamConfig", "AutoModel=me/my-dream--model.DreamModel")]
    // A copy of the published folder, which has the code beside the weights.
    [InlineData("dream", "model", """{"AutoConfig":"configuration_dream.DreamConfig","AutoModel":"modeling_dream.DreamModel"}""", "AutoConfig=Dream-org/Dream-v0-Instruct-7B--configuration_dream.DreamConfig", "AutoModel=Dream-org/Dream-v0-Instruct-7B--modeling_dream.DreamModel")]
    // A download: the repository is known by the folder.
    [InlineData("dream", "hub/models--Dream-org--Dream-Coder-v0-Base-7B/snapshots/0123", """{"AutoConfig":"configuration_dream.DreamConfig","AutoModel":"modeling_dream.DreamModel"}""", "AutoConfig=Dream-org/Dream-Coder-v0-Base-7B--configuration_dream.DreamConfig", "AutoModel=Dream-org/Dream-Coder-v0-Base-7B--modeling_dream.DreamModel")]
    // What names nothing that can be found, and half a map, give way to the family's.
    [InlineData("llada", "model", """{"AutoConfig":"my_file.Config","AutoModel":5}""", "AutoConfig=GSAI-ML/LLaDA-8B-Base--configuration_llada.LLaDAConfig", "AutoModel=GSAI-ML/LLaDA-8B-Base--modeling_llada.LLaDAModelLM", "AutoModelForCausalLM=GSAI-ML/LLaDA-8B-Base--modeling_llada.LLaDAModelLM")]
    [InlineData("dream", "model", """{"AutoModel":"me/x--modeling_dream.DreamModel"}""", "AutoConfig=Dream-org/Dream-v0-Instruct-7B--configuration_dream.DreamConfig", "AutoModel=Dream-org/Dream-v0-Instruct-7B--modeling_dream.DreamModel")]
    [InlineData("bert", "model", """{"AutoModelForMaskedLM":"bert_layers.BertForMaskedLM"}""")]
    [InlineData("bert", "model", """{"AutoModel":"../../etc/x--y/z.Class"}""")]
    public void A_copy_keeps_what_its_base_names_or_says_whose_it_is(string architecture, string place, string map, params string[] expected)
    {
        using var folder = new TemporaryFolder();
        var source = Saved(folder, architecture, JsonNode.Parse(map), place);
        File.WriteAllText(Path.Combine(source, "modeling_dream.py"), "raise SystemExit");
        File.WriteAllText(Path.Combine(source, "vocab.bin"), "x");
        File.WriteAllText(Path.Combine(source, "LICENSE"), "mine");
        ModelCopy.Save(folder["copy"], ModelFolder.Open(source), null, null);
        Assert.Equal(expected, MapOf(folder["copy"]));
        Assert.Equal(["LICENSE", "config.json", "model.safetensors"], Directory.GetFiles(folder["copy"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Copies_and_imports_take_all_chat_templates_along()
    {
        using var folder = new TemporaryFolder();
        var source = Saved(folder, "bert", null, "model");
        File.WriteAllText(Path.Combine(source, "tokenizer.json"), """{"added_tokens": [{"id": 1, "content": "[MASK]", "special": true}], "model": {"type": "WordLevel", "unk_token": "a", "vocab": {"a": 0, "[MASK]": 1} } }""");
        string[] files = ["chat_template.jinja", "additional_chat_templates/tool_use.jinja"];
        Directory.CreateDirectory(Path.Combine(source, "additional_chat_templates"));
        foreach (var file in files) File.WriteAllText(Path.Combine(source, file), file);
        ModelCopy.Save(folder["copy"], ModelFolder.Open(source), null, null);
        ModelImport.Take(source, folder["import"], link: false, static (_, _) => { });
        foreach (var file in files)
        {
            Assert.Equal(file, File.ReadAllText(Path.Combine(folder["copy"], file)));
            Assert.Equal(file, File.ReadAllText(Path.Combine(folder["import"], file)));
        }
    }

    [Theory]
    // The slow class needs the older files: where they are, the class is named with its repository.
    [InlineData("""["tokenization_dream.DreamTokenizer",null]""", """["Dream-org/Dream-v0-Instruct-7B--tokenization_dream.DreamTokenizer",null]""", "DreamTokenizer")]
    [InlineData("""["me/x--t.DreamTokenizer",null]""", """["me/x--t.DreamTokenizer",null]""", "DreamTokenizer")]
    // Of code that nobody can find, and where the older files are missing, tokenizer.json tells all that is needed.
    [InlineData("""["my_tokens.MyTokenizer",null]""", null, "PreTrainedTokenizerFast")]
    [InlineData("""["tokenization_dream.DreamTokenizer",null]""", null, "PreTrainedTokenizerFast", false)]
    public void A_tokenizer_names_its_code_likewise(string classes, string? expected, string expectedClass, bool older = true)
    {
        using var folder = new TemporaryFolder();
        var source = Saved(folder, "dream", null, "model");
        File.WriteAllText(Path.Combine(source, "tokenizer.json"), "{}");
        if (older) File.WriteAllText(Path.Combine(source, "vocab.json"), "{}");
        File.WriteAllText(Path.Combine(source, "tokenizer_config.json"), $$$"""{"tokenizer_class":"DreamTokenizer","auto_map":{"AutoTokenizer":{{{classes}}}}}""");
        ModelCopy.Save(folder["copy"], ModelFolder.Open(source), null, null);
        var written = JsonNode.Parse(File.ReadAllText(Path.Combine(folder["copy"], "tokenizer_config.json")))!;
        Assert.Equal(expected, written["auto_map"]?["AutoTokenizer"]?.ToJsonString());
        Assert.Equal(expectedClass, written["tokenizer_class"]!.GetValue<string>());
        Assert.Equal(older, File.Exists(Path.Combine(folder["copy"], "vocab.json")));
    }

    private static string Saved(TemporaryFolder folder, string architecture, JsonNode? map, string place)
    {
        var config = SmallConfigs.Of(architecture, Vocabulary, false, 16, 24, 2, 2);
        using var model = NewModel.Initialize(config, 1);
        Directory.CreateDirectory(Path.GetDirectoryName(folder[place])!);
        ModelFolder.Save(folder[place], model, config);
        if (map is null) return folder[place];
        var file = Path.Combine(folder[place], "config.json");
        var json = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        json["auto_map"] = map;
        File.WriteAllText(file, json.ToJsonString());
        return folder[place];
    }

    private static IEnumerable<string> MapOf(string folder) =>
        (JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!["auto_map"] as JsonObject ?? []).Select(pair => $"{pair.Key}={pair.Value}").Order(StringComparer.Ordinal);
}
