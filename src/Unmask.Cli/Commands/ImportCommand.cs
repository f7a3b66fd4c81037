using System.CommandLine;
using Unmask.Cli.Shell;
using Unmask.Core.Parameters.Import;
using Unmask.Core.Parameters.Recipes;
using Unmask.Core.Parameters.Validation;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask import</c>: a recipe of what another program trains by.</summary>
public static class ImportCommand
{
    public static Command Create()
    {
        var source = new Argument<string[]>("source")
        {
            Description = "A Transformer Lab training template (JSON), a script with a dllm command line, or that command line after --.",
            Arity = ArgumentArity.OneOrMore,
        };
        var output = new Option<string?>("--output", "-o") { HelpName = "FILE", Description = "Recipe file to write. [default: standard output]" };
        var command = new Command("import", "Convert a Transformer Lab training template or a dllm command line to a recipe.") { source, output };
        command.SetAction(parse => Import(parse.GetValue(source)!, parse.GetValue(output), parse.InvocationConfiguration.Output, parse.InvocationConfiguration.Error));
        return command.WithExamples(
            ("unmask import template.json --output recipe.yaml", "a Transformer Lab template"),
            ("unmask import train.sh --output recipe.yaml", "a script with a command such as accelerate launch examples/llada/sft.py ..."),
            ("unmask import --output recipe.yaml -- --model_name_or_path models/llada --dataset_args data/train.jsonl --lora True", "command-line arguments"));
    }

    private static int Import(string[] words, string? path, TextWriter output, TextWriter error)
    {
        if (path is not null && Path.Exists(path)) throw new UserError($"{path} exists already; give --output another name, or remove it first.");
        var imported = words is [var file] && !file.StartsWith('-') ? FromFile(file) : RecipeImport.FromCommand(words);
        var yaml = imported.Write();
        if (path is null) output.Write(yaml);
        else Save(yaml, path);

        var told = path is null ? error : output;
        if (path is not null)
        {
            told.WriteLine($"Wrote {path}: {imported.Settings.Count} settings from {imported.Source}.");
            Tell(told, "Converted or with a different meaning:", imported.Changed);
            Tell(told, "Not imported:", imported.LeftOut);
        }

        Tell(told, "Problems to fix before training:", [.. Recipe.Parse(yaml, path ?? "the recipe").Check().Where(problem => problem.Severity == Severity.Error).Select(problem => problem.Sentence)]);
        return ExitCode.Done;
    }

    private static ImportedRecipe FromFile(string file) =>
        File.Exists(file) ? RecipeImport.Read(file)
        : file.Contains(' ', StringComparison.Ordinal) ? RecipeImport.Parse(file, "The command line")
        : throw new UserError($"{file} does not exist; name a file with a template or a command line, or write -- before the words of a command line.");

    private static void Save(string yaml, string path)
    {
        try
        {
            File.WriteAllText(path, yaml);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new UserError($"{path} cannot be written: {failure.Message}");
        }
    }

    private static void Tell(TextWriter told, string heading, IReadOnlyList<string> sentences)
    {
        if (sentences.Count == 0) return;
        told.WriteLine(heading);
        foreach (var sentence in sentences) told.WriteLine($"- {sentence}");
    }
}
