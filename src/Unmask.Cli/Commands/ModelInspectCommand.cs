using System.CommandLine;
using Unmask.Cli.Shell;
using Unmask.Cli.Views;
using Unmask.Core.Models;
using Unmask.Engine.Inspection;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask model inspect</c>: what a model folder holds, without loading a weight.</summary>
public static class ModelInspectCommand
{
    public static Command Create()
    {
        var path = new Argument<string>("folder") { Description = "Model or adapter folder." };
        var verify = new Option<bool>("--verify-base") { Description = "For an adapter, also hash the weights of the base model and compare with those of the training." };
        var command = new Command("inspect", "Show contents and problems of a model folder.") { path, verify };
        command.SetAction(parse =>
        {
            var model = ModelInspector.Look(parse.GetValue(path)!, parse.GetValue(verify));
            if (model.Kind == InspectedKind.Nothing) return Tell(model, parse);
            ModelReport.Print(model, parse.InvocationConfiguration.Output);
            return model.Problems.Count == 0 ? ExitCode.Done : ExitCode.UserCanFix;
        });
        return command;
    }

    private static int Tell(ModelInspection nothing, ParseResult parse)
    {
        foreach (var problem in nothing.Problems) parse.InvocationConfiguration.Error.WriteLine(problem);
        return ExitCode.UserCanFix;
    }
}
