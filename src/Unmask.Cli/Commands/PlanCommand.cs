using System.CommandLine;
using System.Text.Json;
using Unmask.Cli.Shell;
using Unmask.Cli.Views;
using Unmask.Core.Events;
using Unmask.Core.Parameters;
using Unmask.Core.Storage;
using Unmask.Engine.Planning;
using Unmask.Engine.Training.Preparation;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask plan</c>: what a recipe would do and take, before anything is loaded.</summary>
public static class PlanCommand
{
    public static Command Create()
    {
        var recipe = new Argument<string>("recipe") { Description = "The recipe: a YAML file with one setting a line." };
        var set = new Option<string[]>("--set") { HelpName = "key=value", Description = "Change a setting of the recipe; may be given many times." };
        var probe = new Option<bool>("--probe") { Description = "Also load the model and make a few steps, to tell how long the run takes and what it really takes of memory." };
        var json = new Option<bool>("--json") { Description = "Print the plan as one JSON object." };
        var command = new Command("plan", "Tell what a recipe would do, and what it would take of memory and disk, before anything is loaded.") { recipe, set, probe, json };
        command.SetAction((parse, stop) => Task.Run(
            () => Plan(Recipe.Load(parse.GetValue(recipe)!, parse.GetValue(set) ?? []), parse.GetValue(probe), parse.GetValue(json), parse.InvocationConfiguration.Output, parse.InvocationConfiguration.Error, stop),
            CancellationToken.None));
        return command.WithExamples(
            ("unmask plan recipes/quickstart.yaml", "model, rows, steps, memory and disk of a recipe, and what is doubtful about it"),
            ("unmask plan recipes/quickstart.yaml --probe", "how long it takes on this machine, too"),
            ("unmask plan my.yaml --set batch_size=32 --json", "the same for a program, with a setting changed"));
    }

    private static int Plan(Recipe recipe, bool probe, bool json, TextWriter output, TextWriter error, CancellationToken stop)
    {
        HubInputs.Bring(recipe, DownloadLine.Folders(error, stop));
        var folder = ScratchFolder.Create("plan");
        try
        {
            var forecast = Forecast.Of(recipe, folder.FullName, probe, new ProgressLine(error), stop);
            if (json) output.WriteLine(JsonSerializer.Serialize(forecast, EventFormat.Options));
            else PlanView.Print(Screen.On(output), forecast);
            return forecast.CanStart ? ExitCode.Done : ExitCode.UserCanFix;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
