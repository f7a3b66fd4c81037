using System.CommandLine;
using System.Text.Json;
using Unmask.Cli.Shell;
using Unmask.Cli.Views;
using Unmask.Core.Events;
using Unmask.Core.Parameters.Recipes;
using Unmask.Core.Storage;
using Unmask.Engine.Planning;
using Unmask.Engine.Training.Preparation;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask plan</c>: what a recipe would do and take, before anything is loaded.</summary>
public static class PlanCommand
{
    public static Command Create()
    {
        var recipe = new Argument<string>("recipe") { Description = "The recipe: a YAML file with one setting per line." };
        var set = new Option<string[]>("--set") { HelpName = "key=value", Description = "Override a setting of the recipe; repeatable." };
        var probe = new Option<bool>("--probe") { Description = "Also load the model and run a few steps, to measure the time per step and the peak memory." };
        var json = new Option<bool>("--json") { Description = "Print the plan as one JSON object." };
        var command = new Command("plan", "Show the steps, memory and disk of a recipe before anything is loaded.") { recipe, set, probe, json };
        command.SetAction((parse, stop) => Task.Run(
            () => Plan(Recipe.Load(parse.GetValue(recipe)!, parse.GetValue(set) ?? []), parse.GetValue(probe), parse.GetValue(json), parse.InvocationConfiguration.Output, parse.InvocationConfiguration.Error, stop),
            CancellationToken.None));
        return command.WithExamples(
            ("unmask plan recipes/quickstart.yaml", "model, rows, steps, memory, disk and warnings of a recipe"),
            ("unmask plan recipes/quickstart.yaml --probe", "also the time on this machine"),
            ("unmask plan my.yaml --set batch_size=32 --json", "as JSON, with a changed setting"));
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
