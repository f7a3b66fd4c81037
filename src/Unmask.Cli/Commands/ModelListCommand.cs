using System.CommandLine;
using System.Text.Json;
using Spectre.Console;
using Unmask.Cli.Shell;
using Unmask.Core.Events;
using Unmask.Core.Runs;
using Unmask.Engine.Modeling.Adapters;
using Unmask.Engine.Modeling.Checkpoints;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask model list</c>: the models and adapters under some folders, and where they come from.</summary>
public static class ModelListCommand
{
    /// <summary>Folders that no finished model lies in.</summary>
    private static readonly string[] PassedOver = ["checkpoints", "data", "tensorboard", "tokenizer", "bin", "obj", "node_modules"];

    private sealed record Listed(string Path, string Kind, string Architecture, long Parameters, long Bytes, DateTimeOffset Written)
    {
        public string? Name { get; init; }

        public string? Base { get; init; }

        public string? Run { get; init; }

        public double? EvalLoss { get; init; }

        public string? Problem { get; init; }
    }

    public static Command Create()
    {
        var folders = new Argument<string[]>("folder") { Description = "Folders to search. [default: runs and models]", Arity = ArgumentArity.ZeroOrMore };
        var json = new Option<bool>("--json") { Description = "Print one JSON object per line." };
        var command = new Command("list", "List the models and adapters in folders.") { folders, json };
        command.SetAction(parse => List(parse.GetValue(folders) ?? [], parse.GetValue(json), parse.InvocationConfiguration.Output));
        return command;
    }

    private static int List(string[] folders, bool json, TextWriter output)
    {
        UserError.ThrowIfAny([.. folders.Where(folder => !Directory.Exists(folder)).Select(folder => $"The folder {folder} does not exist. Name a folder with models or runs.")]);
        var models = (folders.Length > 0 ? folders : [.. ((string[])["runs", "models"]).Where(Directory.Exists)]).SelectMany(Find).OrderByDescending(model => model.Written).ToList();
        if (json)
        {
            foreach (var model in models) output.WriteLine(JsonSerializer.Serialize(model, EventFormat.Options));
            return ExitCode.Done;
        }

        if (models.Count == 0)
        {
            output.WriteLine("No models found. `unmask train recipes/quickstart.yaml` creates one.");
            return ExitCode.Done;
        }

        var table = new Table().Border(TableBorder.None).AddColumns("name", "what", "architecture", "parameters", "disk", "eval loss", "base", "folder");
        foreach (var model in models)
        {
            table.AddRow(((string[])
            [
                model.Name ?? Format.None, model.Problem is null ? model.Kind : "broken", model.Architecture, Format.Count(model.Parameters), Format.Bytes(model.Bytes),
                model.EvalLoss is { } loss ? Format.Number(loss) : Format.None, model.Base ?? Format.None, model.Path,
            ]).Select(Markup.Escape).ToArray());
        }

        Screen.On(output).Write(table);
        foreach (var model in models.Where(model => model.Problem is not null)) output.WriteLine($"{model.Path}: {model.Problem}");
        return ExitCode.Done;
    }

    private static IEnumerable<Listed> Find(string folder)
    {
        if (AdapterFolder.IsAt(folder) || File.Exists(Path.Combine(folder, "config.json")))
        {
            yield return Look(folder);
            yield break;
        }

        foreach (var inner in Directory.EnumerateDirectories(folder).Where(inner => !PassedOver.Contains(Path.GetFileName(inner)) && !Path.GetFileName(inner).StartsWith('.')).Order(StringComparer.Ordinal))
        {
            foreach (var model in Find(inner)) yield return model;
        }
    }

    private static Listed Look(string folder)
    {
        var lineage = Lineage.Read(folder);
        var bytes = Directory.EnumerateFiles(folder).Sum(file => new FileInfo(file).Length);
        var written = new DateTimeOffset(Directory.GetLastWriteTimeUtc(folder), TimeSpan.Zero);
        var listed = new Listed(folder, AdapterFolder.IsAt(folder) ? "adapter" : "model", Format.None, 0, bytes, lineage?.Finished ?? written)
        {
            Name = lineage?.Name,
            Base = lineage?.Base?.Name,
            Run = lineage?.Run,
            EvalLoss = lineage?.Metrics.TryGetValue("eval_loss", out var loss) == true ? loss : null,
        };
        try
        {
            if (AdapterFolder.IsAt(folder))
            {
                var adapter = AdapterFolder.Open(folder);
                var plan = adapter.PlanFor(adapter.OpenBase());
                return listed with { Architecture = plan.Architecture.ClassName, Parameters = plan.Elements, Base = listed.Base ?? adapter.Settings.BaseModel };
            }

            var model = ModelFolder.Open(folder);
            return listed with { Kind = lineage?.Kind ?? "model", Architecture = model.Architecture.ClassName, Parameters = model.Config.ParameterCount };
        }
        catch (UserError error)
        {
            return listed with { Problem = string.Join(" ", error.Problems) };
        }
    }
}
