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
        var path = new Argument<string>("folder") { Description = "A model folder, or an adapter's." };
        var verify = new Option<bool>("--verify-base") { Description = "Of an adapter, also hash its model's weights, to tell whether they are those that it was trained on." };
        var command = new Command("inspect", "Say what a model folder holds, and what is wrong with it.") { path, verify };
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
