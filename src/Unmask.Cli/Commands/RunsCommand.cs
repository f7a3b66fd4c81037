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
using Unmask.Primitives;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask runs</c>: the runs there are, one of them, its log, and how to stop it. Works on the folders, with or without a workbench.</summary>
public static class RunsCommand
{
    public static Command Create()
    {
        var command = new Command("runs", "List runs, look at one, follow its log, or stop it.") { List(), Show(), RunsLogsCommand.Create(), Stop() };
        return command.WithExamples(
            ("unmask runs list", "the runs in ./runs and of the workbench"),
            ("unmask runs logs -f 20260131-120000-adaptor", "follow what a run tells"),
            ("unmask runs stop 20260131-120000-adaptor", "let it finish its step, save and end"));
    }

    /// <summary>The argument that names a run.</summary>
    internal static Argument<string> Named()
    {
        var run = new Argument<string>("run") { HelpName = "run", Description = "Its folder, or the folder's name in ./runs or in the home folder of the workbench." };
        run.CompletionSources.Add(_ => RunChoice.Folders.SelectMany(Directory.EnumerateDirectories).Where(RunGlance.IsRun).Select(folder => Path.GetFileName(folder)!));
        return run;
    }

    private static Command List()
    {
        var folders = new Argument<string[]>("folder") { Description = "Folders whose subfolders are runs. [default: ./runs and the runs of the workbench]", Arity = ArgumentArity.ZeroOrMore };
        var json = new Option<bool>("--json") { Description = "Print one JSON object a line." };
        var command = new Command("list", "List runs, the newest first.") { folders, json };
        command.SetAction(parse =>
        {
            var output = parse.InvocationConfiguration.Output;
            var named = parse.GetValue(folders) ?? [];
            UserError.ThrowIfAny([.. named.Where(folder => !Directory.Exists(folder)).Select(folder => $"The folder {folder} does not exist; name one with runs in it.")]);
            var runs = RunGlance.List(named.Length > 0 ? named : RunChoice.Folders);
            if (parse.GetValue(json))
            {
                foreach (var run in runs) output.WriteLine(JsonSerializer.Serialize(run, EventFormat.Options));
            }
            else if (runs.Count == 0)
            {
                output.WriteLine("There is no run here. `unmask train recipes/quickstart.yaml` makes one.");
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
        var command = new Command("show", "Look at one run.") { named, json };
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
        var now = new Option<bool>("--now") { Description = "End at once, without saving." };
        var kill = new Option<bool>("--kill") { Description = "Let the system end its process, when nothing else helps." };
        var command = new Command("stop", "Let a run finish its step, save and end.") { named, now, kill };
        command.Validators.Add(result =>
        {
            if (result.GetValue(now) && result.GetValue(kill)) result.AddError("--now and --kill are two ways to end a run; give one.");
        });
        command.SetAction(parse =>
        {
            var folder = RunChoice.Find(parse.GetValue(named)!);
            if (!RunFolder.IsHeld(folder)) throw new UserError($"No process works on {folder}, so there is nothing to stop.");
            parse.InvocationConfiguration.Output.WriteLine(parse.GetValue(kill) ? Kill(folder) : Ask(folder, parse.GetValue(now) ? StopOrder.Now : StopOrder.Save));
            return ExitCode.Done;
        });
        return command;
    }

    private static string Ask(string folder, StopOrder order)
    {
        StopFile.Write(folder, order);
        return order == StopOrder.Now ? "Asked to end at once, without saving." : "Asked to stop: it saves and ends after this step.";
    }

    private static string Kill(string folder)
    {
        using var process = RunFolder.HolderOf(folder)?.Find() ?? throw new UserError($"It is not known which process works on {folder}; end it by the means of the system.");
        process.Kill();
        return $"Killed process {process.Id}. The run goes on from its last checkpoint with: unmask train --resume {ShellWord.QuotePath(folder)}";
    }
}
