using System.CommandLine;
using System.Text.Json.Nodes;
using Unmask.Cli.Commands;
using Unmask.Cli.Shell;
using Xunit;

namespace Unmask.Tests.Cli;

public sealed class DataRenderCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string recipe;

    public DataRenderCommandTests()
    {
        folder.Write("rows.jsonl", string.Concat(Enumerable.Range(0, 12).Select(i => $$"""{"prompt": "say {{i}}", "response": "{{new string('x', i + 1)}}"}""" + "\n")));
        recipe = folder.Write("recipe.yaml", "dataset: rows.jsonl\nmodel_size: tiny\nvocabulary: character\nmax_length: 16\n");
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Without_colors_roles_and_reasons_can_be_read()
    {
        var (code, output, _) = await Run(recipe, "--row", "1", "--row", "12", "--text");
        Assert.Equal(ExitCode.Done, code);
        Assert.Contains("rows.jsonl:1  read as prompt/response\n", output);
        Assert.Contains("8 tokens: 6 prompt, 2 response; 8 padding; 10 scored\n", output);
        Assert.Contains("  say 0[SEP]x[PAD]\n", output);
        Assert.Contains("Truncated: 20 tokens, max_length is 16; the last 4 tokens are removed", output);
        Assert.Matches(@"16  cut +x/\d+×3 \[PAD\]/0", output);
        Assert.Contains("As one batch these rows are 16 columns wide.", output);
        Assert.DoesNotContain("\e", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_gets_one_object_a_row()
    {
        var (code, output, error) = await Run(recipe, "--rows", "12", "--json", "--noise");
        Assert.True(code == ExitCode.Done, error);
        var rows = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Equal(12, rows.Count);
        var row = rows.First(row => row["noise"] is not null);
        Assert.Equal(["id", "text", "role"], row["tokens"]![0]!.AsObject().Select(member => member.Key));
        Assert.Equal(0.9, (double)row["noise"]![8]!["t"]!);
        var masked = row["noise"]![8]!["masked"]!.AsArray();
        Assert.NotEmpty(masked);
        Assert.All(masked, place => Assert.Contains((string)row["tokens"]![(int)place!]!["role"]!, (string[])["response", "padding"]));
        foreach (var weight in (string[])["uniform", "scheduler", "cart"]) Assert.Equal(masked.Count, row["noise"]![8]!["weights"]![weight]!.AsArray().Count);
        Assert.Contains("held_out", rows.Select(row => (string)row["status"]!));
        Assert.Equal("say 0[SEP] x[PAD]".Replace(" ", ""), string.Concat(rows[0]["tokens"]!.AsArray().Take(8).Select(token => (string)token!["text"]!)).Replace(" ", ""));
        Assert.Equal(output, (await Run(recipe, "--rows", "12", "--json", "--noise")).Output);
    }

    [Fact]
    public async Task What_a_person_should_know_stands_beside_the_rows()
    {
        folder.Write("label.jsonl", """
            {"prompt": "a [SEP] b", "completion": "c", "label": true, "tools": [{"name": "f"}]}
            {"prompt": "a", "completion": "d", "label": false}
            {"prompt": [{"role": "user", "content": "\ud83d"}], "completion": "d", "label": true}
            """.ReplaceLineEndings("\n"));
        var (code, output, error) = await Run(recipe, "--json", "--set", $"dataset={folder["label.jsonl"]}");
        Assert.True(code == ExitCode.Done, error);
        Assert.Equal(["kept", "rejected", "bad_line"], output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => (string)JsonNode.Parse(line)!["status"]!));
        Assert.Contains("1 row spells out a special token in the text, such as [SEP]", error);
        Assert.Contains("1 row brings tools, which the chat template does not read", error);
    }

    [Fact]
    public async Task Nothing_is_written_beside_the_recipe()
    {
        await Run(recipe, "--noise");
        Assert.Equal(["recipe.yaml", "rows.jsonl"], Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName).Order());
    }

    [Theory]
    [InlineData("begins on line 13; the nearest begins on line 12.", "--row", "13")]
    [InlineData("does not exist", "--set", "dataset=elsewhere.jsonl")]
    [InlineData("input_template names the column 'promt', but the rows of", "--set", "input_template={{ promt }}", "--set", "output_template={{ response }}")]
    [InlineData("prompt_column is 'promt'", "--set", "prompt_column=promt")]
    [InlineData("wandb_project is \"a/b\"", "--set", "log_to_wandb=true", "--set", "wandb_project=a/b")]
    [InlineData("batch_size is 0", "--set", "batch_size=0")]
    [InlineData("--row and --rows exclude each other", "--row", "1", "--rows", "2")]
    [InlineData("rows are numbered from 1", "--row", "0")]
    public async Task What_is_wrong_is_a_sentence(string sentence, params string[] args)
    {
        var (code, output, error) = await Run([recipe, .. args]);
        Assert.Equal((ExitCode.UserCanFix, ""), (code, output));
        Assert.Contains(sentence, error);
    }

    [Fact]
    public async Task Settings_that_are_for_a_later_version_do_not_matter() =>
        Assert.Equal(ExitCode.Done, (await Run(recipe, "--set", "train_device=tpu", "--set", "dtype=float16")).Code);

    private static async Task<(int Code, string Output, string Error)> Run(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await CommandLine.RunAsync(new RootCommand { DataCommand.Create() }, ["data", "render", .. args], output, error);
        return (code, output.ToString().ReplaceLineEndings("\n"), error.ToString().ReplaceLineEndings("\n"));
    }
}
