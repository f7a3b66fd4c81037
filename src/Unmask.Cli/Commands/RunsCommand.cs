using System.CommandLine;
using System.Text.Json;
using Spectre.Console;
using Unmask.Cli.Shell;
using Unmask.Cli.Views;
using Unmask.Cli.Work;
using Unmask.Core;
using Unmask.Core.Events;
using Unmask.Core.Jobs.Registry;
using Unmask.Core.Runs;
using Unmask.Core.Runs.Processes;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask runs</c>: the runs there are, one of them, its log, and how to stop it. Works on the folders, with or without a workbench.</summary>
public static class RunsCommand
{
    public static Command Create()
    {
        var command = new Command("runs", "List, show, follow and stop runs.") { List(), Show(), RunsLogsCommand.Create(), Stop() };
        return command.WithExamples(
            ("unmask runs list", "the runs in ./runs and of the workbench"),
            ("unmask runs logs -f 20260131-120000-adaptor", "follow the log of a run"),
            ("unmask runs stop 20260131-120000-adaptor", "save a checkpoint after the current step and stop"));
    }

    /// <summary>The argument that names a run.</summary>
    internal static Argument<string> Named()
    {
        var run = new Argument<string>("run") { HelpName = "run", Description = "Run folder, or its name in ./runs or in the home folder of the workbench." };
        run.CompletionSources.Add(_ => RunChoice.Folders.SelectMany(Directory.EnumerateDirectories).Where(RunGlance.IsRun).Select(folder => Path.GetFileName(folder)!));
        return run;
    }

    private static Command List()
    {
        var folders = new Argument<string[]>("folder") { Description = "Folders whose subfolders are runs. [default: ./runs and the runs of the workbench]", Arity = ArgumentArity.ZeroOrMore };
        var json = new Option<bool>("--json") { Description = "Print one JSON object per line." };
        var command = new Command("list", "List runs, newest first.") { folders, json };
        command.SetAction(parse =>
        {
            var output = parse.InvocationConfiguration.Output;
            var named = parse.GetValue(folders) ?? [];
            UserError.ThrowIfAny([.. named.Where(folder => !Directory.Exists(folder)).Select(folder => $"The folder {folder} does not exist. Name a folder with runs.")]);
            var runs = RunGlance.List(named.Length > 0 ? named : RunChoice.Folders);
            if (parse.GetValue(json))
            {
                foreach (var run in runs) output.WriteLine(JsonSerializer.Serialize(run, EventFormat.Options));
            }
            else if (runs.Count == 0)
            {
                output.WriteLine("No runs found. `unmask train recipes/quickstart.yaml` starts one.");
            }
            else
            {
                Screen.On(output).Write(RunTable.Of(runs));
                foreach (var run in runs.Where(run => run.Problem is not null)) output.WriteLine($"{run.Id}: {Format.OneLine(run.Problem!)}");
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static Command Show()
    {
        var named = Named();
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("show", "Show a run.") { named, json };
        command.SetAction(parse =>
        {
            var run = RunGlance.Read(RunChoice.Find(parse.GetValue(named)!));
            if (parse.GetValue(json)) parse.InvocationConfiguration.Output.WriteLine(JsonSerializer.Serialize(run, EventFormat.Options));
            else RunSheet.Print(run, Screen.On(parse.InvocationConfiguration.Output));
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Stop()
    {
        var named = Named();
        var now = new Option<bool>("--now") { Description = "Stop immediately, without saving." };
        var kill = new Option<bool>("--kill") { Description = "Kill the process of the run." };
        var command = new Command("stop", "Save a checkpoint after the current step and stop.") { named, now, kill };
        command.Validators.Add(result =>
        {
            if (result.GetValue(now) && result.GetValue(kill)) result.AddError("--now and --kill exclude each other. Give one.");
        });
        command.SetAction(parse =>
        {
            var folder = RunChoice.Find(parse.GetValue(named)!);
            if (!RunFolder.IsHeld(folder)) throw new UserError($"{folder} has no running process, so there is nothing to stop.");
            parse.InvocationConfiguration.Output.WriteLine(parse.GetValue(kill) ? Kill(folder) : Ask(folder, parse.GetValue(now) ? StopOrder.Now : StopOrder.Save));
            return ExitCode.Done;
        });
        return command;
    }

    private static string Ask(string folder, StopOrder order)
    {
        StopFile.Write(folder, order);
        return order == StopOrder.Now ? "Stop requested, without saving." : "Stop requested: the run saves a checkpoint after the current step.";
    }

    private static string Kill(string folder)
    {
        using var process = RunFolder.HolderOf(folder)?.Find() ?? throw new UserError($"The process of {folder} is unknown. End the process with the tools of the operating system.");
        process.Kill();
        return $"Killed process {process.Id}. Resume the run from its last checkpoint with: unmask train --resume {ShellWord.QuotePath(folder)}";
    }
}
