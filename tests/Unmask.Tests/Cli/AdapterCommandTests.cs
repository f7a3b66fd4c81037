using System.CommandLine;
using System.Text.Json.Nodes;
using Unmask.Cli.Commands;
using Unmask.Cli.Shell;
using Unmask.Engine.Modeling.Adapters;
using Unmask.Engine.Modeling.Checkpoints;
using Xunit;

namespace Unmask.Tests.Cli;

/// <summary>Adapters of peft on the command line: to write with, to merge, to look into.</summary>
public sealed class AdapterCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public AdapterCommandTests()
    {
        Directory.CreateDirectory(Model);
        GenerationCommandTests.Fill(Model, "bert", 600);
        Directory.CreateDirectory(Adapter);
        foreach (var file in Directory.GetFiles(Path.Combine(Fixtures.Golden, "bert", "lora"))) File.Copy(file, Path.Combine(Adapter, Path.GetFileName(file)));
    }

    private string Model => _folder["model"];

    private string Adapter => _folder["adapter"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_adapter_is_put_on_its_model_whichever_way_it_is_named()
    {
        string[] how = ["--prompt", "hello world", "--max-new-tokens", "16", "--block-size", "16"];
        var (_, plain, _) = await Run(["sample", "--model", Model, .. how]);
        var (code, adapted, error) = await Run(["sample", "--model", Model, "--adapter", Adapter, .. how]);
        Assert.True(code == ExitCode.Done, error);
        Assert.NotEqual(plain, adapted);

        NameBase("model");
        Assert.Equal(adapted, (await Run(["sample", "--model", Adapter, .. how])).Output);
        Assert.Equal(ExitCode.Done, (await Run(["model", "merge", "--model", Model, "--adapter", Adapter, "--output", _folder["merged"]])).Code);
        Assert.Equal(adapted, (await Run(["sample", "--model", _folder["merged"], .. how])).Output);
        Assert.Equal(ExitCode.Done, (await Run(["model", "merge", "--adapter", Adapter, "--output", _folder["merged2"]])).Code);
        Assert.Equal(File.ReadAllBytes(_folder["merged/model.safetensors"]), File.ReadAllBytes(_folder["merged2/model.safetensors"]));
        Assert.Empty(ModelFolder.Open(_folder["merged"]).CheckWeights().Problems);

        var (chatted, answer, _) = await Run(["chat", "--model", Model, "--adapter", Adapter, "--max-new-tokens", "5"], "hello\n");
        Assert.Equal(ExitCode.Done, chatted);
        Assert.NotEqual(answer, (await Run(["chat", "--model", Model, "--max-new-tokens", "5"], "hello\n")).Output);
    }

    [Fact]
    public async Task A_merged_model_is_counted_with_the_head_that_the_adapter_gave_it()
    {
        var models = Path.Combine(Fixtures.Data, "models");
        var (code, told, error) = await Run(["model", "merge", "--model", Path.Combine(models, "tiny-bert"), "--adapter", Path.Combine(models, "adapter-table"), "--output", _folder["merged"]]);
        Assert.True(code == ExitCode.Done, error);
        var count = ModelFolder.Open(Path.Combine(models, "tiny-bert-untied")).Config.ParameterCount;
        Assert.Contains(FormattableString.Invariant($"{count:N0} parameters"), told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_beside_the_weights_are_the_adapters_where_it_brings_them()
    {
        File.WriteAllText(Path.Combine(Model, "generation_config.json"), """{ "max_new_tokens": 3 }""");
        foreach (var file in Directory.GetFiles(Model, "tokenizer*")) File.Copy(file, Path.Combine(Adapter, Path.GetFileName(file)));
        File.WriteAllText(Path.Combine(Adapter, "generation_config.json"), """{ "max_new_tokens": 7 }""");
        async Task<int> Tokens(params string[] model) => (int)JsonNode.Parse((await Run(["sample", .. model, "--prompt", "hello", "--json"])).Output)!["new_tokens"]!;
        Assert.Equal(3, await Tokens("--model", Model));
        Assert.Equal(7, await Tokens("--model", Model, "--adapter", Adapter));
        await Run(["model", "merge", "--model", Model, "--adapter", Adapter, "--output", _folder["merged"]]);
        Assert.Equal(7, await Tokens("--model", _folder["merged"]));
    }

    [Fact]
    public async Task An_adapter_can_be_looked_into()
    {
        NameBase("model");
        var (code, said, _) = await Run(["model", "inspect", Adapter]);
        Assert.Equal(ExitCode.Done, code);
        Assert.Contains("rank          4", said);
        Assert.Contains("No problems found.", said);
        NameBase(Path.Combine(Fixtures.Golden, "llada"));
        (code, said, _) = await Run(["model", "inspect", Adapter]);
        Assert.Equal(ExitCode.UserCanFix, code);
        Assert.Contains("problem       ", said);
    }

    [Theory]
    [InlineData("is an adapter of BertForMaskedLM, but", "sample", "--model", "@llada", "--adapter", "adapter", "--prompt", "x")]
    [InlineData("does not exist", "sample", "--model", "model", "--adapter", "none", "--prompt", "x")]
    [InlineData("so it is not an adapter folder of peft", "sample", "--model", "model", "--adapter", "model", "--prompt", "x")]
    [InlineData("does not say which model it belongs to", "sample", "--model", "adapter", "--prompt", "x")]
    [InlineData("is an adapter itself", "chat", "--model", "adapter", "--adapter", "adapter")]
    [InlineData("is not empty", "model", "merge", "--model", "model", "--adapter", "adapter", "--output", "model")]
    [InlineData("is an adapter of BertForMaskedLM, but", "model", "merge", "--model", "@llada", "--adapter", "adapter", "--output", "new")]
    public async Task What_does_not_fit_is_a_sentence_and_leaves_nothing(string sentence, params string[] args)
    {
        Directory.CreateDirectory(_folder["llada"]);
        GenerationCommandTests.Fill(_folder["llada"], "llada", 512);
        string[] paths = ["model", "adapter", "none", "new", "@llada"];
        // The first word is a command, which may be called like a folder.
        string[] full = [args[0], .. args[1..].Select((arg, i) => paths.Contains(arg) && args[i].StartsWith("--", StringComparison.Ordinal) ? _folder[arg.TrimStart('@')] : arg)];
        var (code, output, error) = await Run(full);
        Assert.Equal(ExitCode.UserCanFix, code);
        Assert.Contains(sentence, error);
        Assert.Empty(output);
        Assert.False(Directory.Exists(_folder["new"]));
    }

    private void NameBase(string path)
    {
        var file = Path.Combine(Adapter, AdapterFolder.ConfigFile);
        var json = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        json["base_model_name_or_path"] = path;
        File.WriteAllText(file, json.ToJsonString());
    }

    private static async Task<(int Code, string Output, string Error)> Run(string[] args, string input = "")
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var root = new RootCommand { SampleCommand.Create(), ChatCommand.Create(new StringReader(input)), ModelCommand.Create() };
        var code = await CommandLine.RunAsync(root, args, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
