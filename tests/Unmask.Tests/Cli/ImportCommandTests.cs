using System.CommandLine;
using Unmask.Cli.Commands;
using Unmask.Cli.Shell;
using Unmask.Core.Parameters.Recipes;
using Xunit;

namespace Unmask.Tests.Cli;

public sealed class ImportCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_template_becomes_a_recipe_and_everything_is_told()
    {
        var template = folder.Write("template.json", """{"name": "Narwhal", "config": {"model_name": "org/m", "dataset_name": "rows", "batch_size": "2", "train_device": "tpu", "odd": 1}}""");
        var (code, output, error) = await Run(template, "--output", folder["recipe.yaml"]);

        Assert.Equal((ExitCode.Done, ""), (code, error));
        Assert.Equal(2, Recipe.Load(folder["recipe.yaml"]).Parameters.BatchSize);
        Assert.Contains("settings from Transformer Lab's training template \"Narwhal\"", output);
        Assert.Contains("- odd (1): the Diffusion LLM Trainer has no such field.", output);
        Assert.Contains("Problems to fix before training:", output);
        Assert.Contains("train_device is tpu", output);
    }

    [Fact]
    public async Task Arguments_after_two_dashes_are_read_and_without_output_the_recipe_is_printed()
    {
        var (code, output, _) = await Run("--", "--model_name_or_path", "bert-base-uncased", "--dataset_args", "rows.jsonl", "--max_length", "64");
        Assert.Equal(ExitCode.Done, code);
        Assert.Equal(64, Recipe.Parse(output).Checked().MaxLength);

        Assert.Contains("max_length: 32", (await Run("python examples/bert/sft.py --max_length 32")).Output);
    }

    [Fact]
    public async Task Nothing_is_overwritten_and_a_missing_file_is_told()
    {
        var mine = folder.Write("recipe.yaml", "mine");
        var (code, _, error) = await Run("--output", mine, "--", "--model_name_or_path", "x");
        Assert.Equal((ExitCode.UserCanFix, "mine"), (code, File.ReadAllText(mine)));
        Assert.Contains("exists already", error);
        Assert.Contains("does not exist; name a file with a template", (await Run("nothing.json")).Error);
    }

    private static async Task<(int Code, string Output, string Error)> Run(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await CommandLine.RunAsync(new RootCommand { ImportCommand.Create() }, ["import", .. args], output, error);
        return (code, output.ToString().ReplaceLineEndings("\n"), error.ToString().ReplaceLineEndings("\n"));
    }
}
