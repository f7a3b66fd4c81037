using System.CommandLine;
using System.Text;
using Unmask.Cli.Shell;
using Unmask.Cli.Views;
using Unmask.Cli.Views.Training;
using Unmask.Cli.Work;
using Unmask.Core.Events;
using Unmask.Core.Hub.Datasets;
using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Recipes;
using Unmask.Core.Runs;
using Unmask.Core.Runs.Processes;
using Unmask.Engine.Collectives;
using Unmask.Engine.Runs;
using Unmask.Engine.Runtime;
using Unmask.Engine.Training.Preparation;

namespace Unmask.Cli.Commands;

/// <summary><c>unmask train</c>: makes a run from a recipe, or goes on with one, and shows it.</summary>
public static class TrainCommand
{
    public static Command Create() => Create(TrainingRun.Start, TrainingRun.Resume);

    /// <param name="start">Trains a new run.</param>
    /// <param name="goOn">Goes on with a run.</param>
    internal static Command Create(
        Func<TrainParameters, RunFolder, IEventSink, CancellationToken, RankGroup?, RunOutcome> start, Func<RunFolder, IEventSink, CancellationToken, RankGroup?, RunOutcome> goOn)
    {
        var recipe = new Argument<string?>("recipe") { Description = "The recipe: a YAML file with one setting per line.", Arity = ArgumentArity.ZeroOrOne };
        var set = new Option<string[]>("--set") { HelpName = "key=value", Description = "Override a setting of the recipe; repeatable. docs/parameters.md lists all settings." };
        var runDir = new Option<string?>("--run-dir") { HelpName = "folder", Description = "Run folder; must be new or empty. [default: runs/TIME-NAME]" };
        var resume = new Option<string?>("--resume") { HelpName = "run folder", Description = "Resume a run that was stopped, killed or interrupted; bit-exact." };
        var json = new Option<bool>("--json") { Description = "Print the events of the run, one JSON object per line, instead of the live view." };
        var processes = new Option<int?>("--processes") { HelpName = "N", Description = "Number of ranks (processes) on this machine, overriding num_processes; the result of a step does not change." };
        processes.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() < 1) result.AddError($"--processes is {result.GetValueOrDefault<int?>()}. It must be at least 1.");
        });
        set.CompletionSources.Add(_ => ParameterCatalog.Settings.Select(setting => setting.Name + "="));

        var command = new Command("train", "Train a model from a recipe, or resume a run.") { recipe, set, runDir, resume, processes, json };
        command.SetAction((parse, stop) =>
        {
            var request = new Request(parse.GetValue(recipe), parse.GetValue(set) ?? [], parse.GetValue(runDir), parse.GetValue(resume), parse.GetValue(processes), parse.GetValue(json));
            CheckCombination(request);
            var (output, error) = (parse.InvocationConfiguration.Output, parse.InvocationConfiguration.Error);
            // A thread of its own: training blocks for hours, and keeps its native memory pools to itself.
            return Task.Factory.StartNew(
                () => Run(request, new Screens(output, error, stop), start, goOn), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        });
        return command.WithExamples(
            ("unmask train recipes/quickstart.yaml", "train a small model from scratch and evaluate the result"),
            ("unmask train my.yaml --set learning_rate=3e-4 --set batch_size=16", "a recipe with two settings changed"),
            ("unmask train my.yaml --run-dir runs/first --json > events.jsonl", "with a run folder, events as JSON"),
            ("unmask train --resume runs/first", "resume the run, bit-exact"),
            ("mpirun -n 4 unmask train my.yaml", "4 ranks that train one model; see docs/distributed.md"));
    }

    private sealed record Request(string? Recipe, string[] Overrides, string? RunDir, string? Resume, int? Processes, bool Json);

    private sealed record Screens(TextWriter Output, TextWriter Error, CancellationToken Stop);

    /// <summary>As one of several processes, as their launcher, or alone.</summary>
    private static int Run(
        Request request, Screens screens, Func<TrainParameters, RunFolder, IEventSink, CancellationToken, RankGroup?, RunOutcome> start, Func<RunFolder, IEventSink, CancellationToken, RankGroup?, RunOutcome> goOn)
    {
        int Part(RankGroup? group) => request.Resume is { } run ? Resume(run, request, screens, group, goOn) : Start(request, screens, group, start);
        // What is no run says so itself.
        if (request.Resume is { } folder && !File.Exists(Path.Combine(folder, RunFolder.ConfigName))) return Part(null);
        var settings = Settings(request).Parameters;
        if (RankProcess.Place() is { } place) return RankProcess.Run(place, settings, Part, screens.Error, screens.Stop);
        return LaunchPlan.Of(settings, NvidiaDevice.Usable(), request.Processes) is { } plan ? Launch(plan, settings, request, screens) : Part(null);
    }

    private static Recipe Settings(Request request, int? processes = null)
    {
        if (request.Resume is { } run) return Recipe.Load(Path.Combine(run, RunFolder.ConfigName));
        var recipe = Recipe.Load(request.Recipe!, request.Overrides);

        // How many processes share a step is part of what the run is; left open, it is as many as were started.
        return recipe.Parameters.NumProcesses is null && processes > 1 ? Recipe.Load(request.Recipe!, [.. request.Overrides, $"num_processes={processes}"]) : recipe;
    }

    /// <summary>Starts processes of this program that train together, and shows what the first of them tells.</summary>
    private static int Launch(LaunchPlan plan, TrainParameters settings, Request request, Screens screens)
    {
        var folder = request.Resume ?? request.RunDir;
        string[] line;
        if (request.Resume is { } resumed)
        {
            line = ["train", "--resume", resumed, "--json"];
        }
        else
        {
            // All that can be found wrong is found here, before anything starts.
            var recipe = Settings(request, plan.Processes);
            Download(recipe, request, screens);
            _ = recipe.Checked(TrainingInputs.Facts(recipe.Parameters));
            folder ??= RunFolder.NewPath(settings);
            line = ["train", request.Recipe!, .. request.Overrides.SelectMany(value => (string[])["--set", value]), "--set", $"num_processes={settings.NumProcesses ?? plan.Processes}", "--run-dir", folder, "--json"];
        }

        var (summary, code) = (new RunSummary(), ExitCode.Done);
        RunFinished? end = null;
        var outcome = Watch(request, screens, summary, sink =>
        {
            var launcher = new RankLauncher(
                plan, folder!,
                text =>
                {
                    if (EventFormat.FromLine(Encoding.UTF8.GetBytes(text)) is not { } happened)
                    {
                        screens.Error.WriteLine(text);
                        return;
                    }

                    end = happened as RunFinished ?? end;
                    sink.Write(happened);
                },
                screens.Error.WriteLine);
            code = launcher.Run(line, screens.Stop);
            // Nothing came of it: what is left is the folder that was made for it.
            if (request is { Resume: null, RunDir: null } && !Directory.EnumerateFileSystemEntries(folder!).Any()) Directory.Delete(folder!);
            return end?.Outcome ?? RunOutcome.Failed;
        });
        if (!request.Json) summary.Print(Screen.On(screens.Output), Path.GetRelativePath(Environment.CurrentDirectory, folder!));
        if (outcome == RunOutcome.Stopped) screens.Stop.ThrowIfCancellationRequested();
        return outcome != RunOutcome.Failed ? ExitCode.Done : code != ExitCode.Done ? code : ExitCode.UserCanFix;
    }

    /// <summary>Checks the recipe whole, makes the run folder, trains.</summary>
    private static int Start(Request request, Screens screens, RankGroup? group, Func<TrainParameters, RunFolder, IEventSink, CancellationToken, RankGroup?, RunOutcome> train)
    {
        var recipe = Settings(request, group?.Size);
        Download(recipe, request, screens);
        var parameters = recipe.Checked(TrainingInputs.Facts(recipe.Parameters));
        var folder = RunFolder.Create(parameters, request.RunDir);
        var summary = new RunSummary();
        try
        {
            return Show(request, screens, folder, summary, group, (sink, stop) => train(parameters, folder, sink, stop, group));
        }
        catch (UserError) when (!summary.SawTraining)
        {
            // Nothing was trained: what could be kept is the mistake only.
            folder.Discard();
            throw;
        }
        finally
        {
            folder.Dispose();
        }
    }

    /// <summary>What is of the Hub is brought here first, and told where the training will be.</summary>
    private static void Download(Recipe recipe, Request request, Screens screens)
    {
        using var live = new DownloadView(screens.Output, screens.Stop);
        HubInputs.Bring(recipe, request.Json ? HubFolders.Telling(new JsonTrainingView(screens.Output), screens.Stop)
            : Screen.IsLive(screens.Output) ? HubFolders.Telling(live, screens.Stop)
            : DownloadLine.Folders(screens.Error, screens.Stop));
    }

    private static int Resume(string run, Request request, Screens screens, RankGroup? group, Func<RunFolder, IEventSink, CancellationToken, RankGroup?, RunOutcome> train)
    {
        using var folder = RunFolder.Open(run);
        return Show(request, screens, folder, new RunSummary(), group, (sink, stop) => train(folder, sink, stop, group));
    }

    private static int Show(Request request, Screens screens, RunFolder folder, RunSummary summary, RankGroup? group, Func<IEventSink, CancellationToken, RunOutcome> train)
    {
        StopFile.Clear(folder.Path);
        using var watch = new StopFileWatcher(folder, screens.Stop);
        using var log = RunLogWriter.Into(folder.Path);
        if (group is not null) RankProcess.WatchOthers(group, folder, () => watch.Step, end => TellEnd(request, screens, log, end));
        var outcome = Watch(request, screens with { Stop = watch.Token }, summary, sink => train(new EventFanOut(watch, log, sink), watch.Token));
        if (!request.Json) summary.Print(Screen.On(screens.Output), Path.GetRelativePath(Environment.CurrentDirectory, folder.Path));
        if (outcome == RunOutcome.Stopped) screens.Stop.ThrowIfCancellationRequested();
        return ExitCode.Done;
    }

    /// <summary>Trains with the view that fits where the output goes; the view is closed whatever happens.</summary>
    private static RunOutcome Watch(Request request, Screens screens, RunSummary summary, Func<IEventSink, RunOutcome> train)
    {
        if (!request.Json && Screen.IsLive(screens.Output) && RankProcess.Place() is null)
        {
            using var live = new LiveTrainingView(Screen.On(screens.Output), screens.Stop);
            return train(new EventFanOut(live, summary));
        }

        using var told = screens.Stop.Register(() => screens.Error.WriteLine("Stopping: saves a checkpoint after this step. A second signal stops immediately."));
        IEventSink view = request.Json ? new JsonTrainingView(screens.Output) : new PlainTrainingView(screens.Output);
        return train(new EventFanOut(view, summary));
    }

    private static void TellEnd(Request request, Screens screens, RunLogWriter log, RunFinished end)
    {
        log.Write(end);
        if (request.Json) new JsonTrainingView(screens.Output).Write(end);
        screens.Error.WriteLine(end.Message);
        screens.Error.Flush();
    }

    private static void CheckCombination(Request request)
    {
        List<string> problems = [];
        if (request is { Recipe: null, Resume: null }) problems.Add("No recipe was given. Give a recipe, such as recipes/quickstart.yaml, or --resume with a run folder.");
        if (request is { Recipe: { } recipe, Resume: not null }) problems.Add($"--resume uses the settings of the run. Remove {recipe}.");
        if (request is { Resume: not null, Overrides.Length: > 0 }) problems.Add("--resume uses the settings of the run. Remove --set, or start a new run with the changed settings.");
        if (request is { Resume: not null, RunDir: not null }) problems.Add("--resume already names the run folder. Remove --run-dir.");
        UserError.ThrowIfAny(problems);
    }
}
