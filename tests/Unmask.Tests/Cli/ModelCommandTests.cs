using System.CommandLine;
using Unmask.Cli.Commands;
using Unmask.Cli.Shell;
using Unmask.Engine.Modeling.Checkpoints;
using Unmask.Primitives;
using Unmask.Text.Tokenizers;
using Xunit;
using static TorchSharp.torch;

namespace Unmask.Tests.Cli;

public sealed class ModelCommandTests
{
    private static readonly string[] Tiny = ["--set", "hidden_size=32", "--set", "intermediate_size=48", "--set", "num_attention_heads=2"];

    [Theory]
    [InlineData("bert", "character")]
    [InlineData("modernbert", "word")]
    [InlineData("bert", "bytebpe")]
    public void ANewModelIsAWholeFolder(string architecture, string learn)
    {
        using var folder = new TemporaryFolder();
        var data = folder.File("data.jsonl");
        File.WriteAllLines(data, Enumerable.Range(0, 20).Select(i => $$"""{"messages":[{"role":"user","content":"spell mimosa {{i}}"},{"role":"assistant","content":"M IH M OW S AH"}]}"""));
        var target = folder.File("model");
        string[] arguments = ["new", "--architecture", architecture, "--size", "tiny", "--learn", learn, "--vocab-size", "300", "--dataset", data, "--output", target, "--seed", "3", .. Tiny];
        Assert.Equal(ExitCode.Done, Run(arguments, out var said));
        Assert.Contains("parameters", said);

        var tokens = Tokenizer.Load(target);
        Assert.Equal("M IH M OW S AH", tokens.Decode(tokens.Encode("M IH M OW S AH", addSpecialTokens: false).Ids, skipSpecialTokens: true));
        var opened = ModelFolder.Open(target);
        Assert.Equal(tokens.VocabularySize, opened.Config.VocabularySize);
        Assert.Equal(tokens.Special.Pad, opened.Config.PadId);
        using (var model = opened.Load().Model) Assert.Equal(opened.Config.ParameterCount, model.Parameters.Sum(parameter => parameter.Value.numel()));
        Assert.Equal(ExitCode.Done, Run(["inspect", target], out var inspected));
        Assert.Contains("No problems found.", inspected);
        Assert.Contains("[MASK] (id", inspected);

        Assert.Contains("is not empty", Assert.Throws<UserError>(() => Run(arguments, out _)).Message);
    }

    [Fact]
    public void ExportsChangeTheFormatAndNothingElse()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        folder.Write("data.jsonl", """{"prompt": "a b c", "response": "d e f"}""");
        string[] make = ["new", "--architecture", "bert", "--size", "tiny", "--learn", "character", "--dataset", folder["data.jsonl"], .. Tiny];
        Assert.Equal(ExitCode.Done, Run([.. make, "--output", folder["model"]], out _));
        Assert.Equal(ExitCode.Done, Run([.. make, "--output", folder["new-bf16"], "--dtype", "bfloat16"], out _));
        Assert.Equal(ExitCode.Done, Run(["export", "--model", folder["model"], "--output", folder["bf16"], "--dtype", "bfloat16"], out _));
        Assert.Equal(File.ReadAllBytes(folder["new-bf16/model.safetensors"]), File.ReadAllBytes(folder["bf16/model.safetensors"]));
        Assert.Equal(Names("model"), Names("bf16"));

        Assert.Equal(ExitCode.Done, Run(["export", "--model", folder["bf16"], "--output", folder["nf4"], "--quantization", "nf4"], out var said));
        Assert.Contains("bits per parameter", said);
        Assert.Equal(ExitCode.Done, Run(["export", "--model", folder["nf4"], "--output", folder["nf4-again"]], out _));
        Assert.Equal(File.ReadAllBytes(folder["nf4/model.safetensors"]), File.ReadAllBytes(folder["nf4-again/model.safetensors"]));
        Assert.Equal(ExitCode.Done, Run(["inspect", folder["nf4"]], out var inspected));
        Assert.Contains("bfloat16, linear layers in 4-bit (nf4)", inspected);

        Assert.Equal(ExitCode.Done, Run(["export", "--model", folder["nf4"], "--output", folder["plain"], "--quantization", "none", "--dtype", "float32"], out _));
        Assert.False(ModelFolder.Open(folder["plain"]).IsIn4Bit);
        using var small = ModelFolder.Open(folder["nf4"]).Load().Model;
        using var plain = ModelFolder.Open(folder["plain"]).Load().Model;
        foreach (var (name, weight) in small.Quantized!.ByName)
        {
            Assert.Equal(weight.Dequantize(ScalarType.Float32).bytes.ToArray(), plain.Parameters.Single(parameter => parameter.Name == name).Value.bytes.ToArray());
        }

        string[] Names(string name) => [.. Directory.EnumerateFiles(folder[name]).Select(file => Path.GetFileName(file)!).Order()];
    }

    [Fact]
    public void InspectionNamesWhatIsWrong()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("config.json"), """{"model_type":"bert","num_hidden_layers":1}""");
        Assert.Equal(ExitCode.UserCanFix, Run(["inspect", folder.Path], out var said));
        Assert.Contains("model.safetensors", said);
        Assert.Contains("problem", said);
    }

    [Theory]
    [InlineData("needs a tokenizer")]
    [InlineData("both given", "--tokenizer", "x", "--learn", "word")]
    [InlineData("one of character, word, bytebpe", "--learn", "letters")]
    [InlineData("needs training data", "--learn", "word")]
    [InlineData("key=value", "--set", "hidden_size", "--learn", "word")]
    [InlineData("Known are", "--architecture", "gpt9")]
    public void WrongArgumentsAreSentences(string part, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        var target = folder.File("model");
        Assert.Contains(part, Assert.Throws<UserError>(() => Run(["new", "--output", target, .. arguments], out _)).Message);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void The_list_has_every_model_with_its_origin_and_says_which_are_broken()
    {
        using var run = new Training.TinyRun();
        run.Train(p => p with { AdaptorName = "listed" });
        Directory.CreateDirectory(run["broken"]);
        File.WriteAllText(Path.Combine(run["broken"], "config.json"), "{}");

        Assert.Equal(ExitCode.Done, Run(["list", Path.GetDirectoryName(run.RunPath)!, "--json"], out var said));

        var lines = said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => System.Text.Json.JsonDocument.Parse(line).RootElement).ToArray();
        Assert.Equal(2, lines.Length);
        var model = Assert.Single(lines, line => !line.TryGetProperty("problem", out _));
        Assert.Equal(("listed", "model", "BertForMaskedLM"), (model.GetProperty("name").GetString(), model.GetProperty("kind").GetString(), model.GetProperty("architecture").GetString()));
        Assert.True(model.GetProperty("parameters").GetInt64() > 0 && model.GetProperty("eval_loss").GetDouble() > 0);
        Assert.Contains("does not exist", Assert.Throws<UserError>(() => Run(["list", run["nowhere"]], out _)).Message);
    }

    private static int Run(string[] arguments, out string said)
    {
        using var output = new StringWriter();
        var code = ModelCommand.Create().Parse(arguments).Invoke(new InvocationConfiguration { Output = output, EnableDefaultExceptionHandler = false });
        said = output.ToString();
        return code;
    }
}
