using System.CommandLine;
using System.Globalization;
using Unmask.Cli.Shell;
using Unmask.Cli.Views;
using Unmask.Core;
using Unmask.Engine.Adapters;
using Unmask.Engine.Models;
using Unmask.Engine.Text;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask model inspect</c>: what a model folder holds, without loading a weight.</summary>
public static class ModelInspectCommand
{
    public static Command Create()
    {
        var path = new Argument<string>("folder") { Description = "A model folder, or an adaptor's." };
        var command = new Command("inspect", "Say what a model folder holds, and what is wrong with it.") { path };
        command.SetAction(parse =>
        {
            var (folder, output) = (parse.GetValue(path)!, parse.InvocationConfiguration.Output);
            return AdapterFolder.IsAt(folder) ? AdaptorReport.Print(AdapterFolder.Open(folder), output) : Inspect(ModelFolder.Open(folder), output);
        });
        return command;
    }

    private static int Inspect(ModelFolder folder, TextWriter output)
    {
        var config = folder.Config;
        var problems = new List<string>();
        var tokens = LoadTokenizer(folder.Path, problems);
        void Line(string name, string value) => output.WriteLine($"{name,-13} {value}");
        Line("architecture", folder.Architecture.ClassName);
        Line("parameters", config.ParameterCount.ToString("N0", CultureInfo.InvariantCulture));
        Line("shape", $"{config.Layers} layers, width {config.Width}, {config.Heads} heads, {config.VocabularySize} embedding rows");
        Line("dtype", folder.StoredDtype.ToString().ToLowerInvariant() + (folder.IsIn4Bit ? ", linear layers in 4 bits (nf4)" : ""));
        Line("context", $"{config.ContextLength} tokens");
        Line("tied", config.TiesEmbeddings ? "yes, the decoder is the embedding table" : "no, the decoder has a table of its own");
        if (tokens is not null)
        {
            Line("tokens", tokens.VocabularySize.ToString("N0", CultureInfo.InvariantCulture));
            Line("mask token", tokens.Special.Mask is { } mask ? $"{tokens.TokenOf(mask)} (id {mask})" : "none");
            problems.AddRange(ModelChecks.Problems(folder, VocabularyFacts.Of(tokens)));
        }

        var weights = folder.CheckWeights();
        problems.AddRange(weights.Problems);
        foreach (var warning in weights.Warnings) Line("warning", warning);
        foreach (var problem in problems) Line("problem", problem);
        if (problems.Count == 0) output.WriteLine("Nothing is wrong with it.");
        return problems.Count == 0 ? ExitCode.Done : ExitCode.UserCanFix;
    }

    private static Tokenizer? LoadTokenizer(string path, List<string> problems)
    {
        try
        {
            return Tokenizer.Load(path);
        }
        catch (UserError error)
        {
            problems.AddRange(error.Problems);
            return null;
        }
    }
}
