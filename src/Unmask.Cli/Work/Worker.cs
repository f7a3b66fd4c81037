using System.Runtime.InteropServices;
using System.Text;
using Unmask.Cli.Shell;
using Unmask.Core;
using Unmask.Core.Events;
using Unmask.Core.Hub.Datasets;
using Unmask.Core.Jobs.Launching;
using Unmask.Core.Parameters;
using Unmask.Core.Parameters.Recipes;
using Unmask.Core.Runs;
using Unmask.Core.Runs.Logs;
using Unmask.Core.Storage;
using Unmask.Engine.Collectives;
using Unmask.Engine.Runs;
using Unmask.Engine.Runtime;
using Unmask.Engine.Training.Preparation;

namespace Unmask.Cli.Work;

/// <summary>Trains one run from its folder, for the workbench: a new one that waits there, or one that was cut off.</summary>
internal static class Worker
{
    /// <summary>Works until the run ends, one way or another.</summary>
    /// <param name="path">The run folder.</param>
    /// <param name="signal">Cancelled by the first signal.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string path, CancellationToken signal)
    {
        if (RankProcess.Place() is { } place) return RankProcess.Run(place, Peek(path), group => Work(path, group, signal), Console.Error, signal);
        WorkerProcessSetup.Detach();
        return Launches(path) is { } plan ? Launch(path, plan, signal) : Work(path, null, signal);
    }

    private static TrainParameters Peek(string path) => Recipe.Load(Path.Combine(path, RunFolder.ConfigName)).Parameters;

    /// <summary>The processes that the run is to be spread over; null for this one alone, which then tells too what is wrong with the settings.</summary>
    private static LaunchPlan? Launches(string path)
    {
        try
        {
            return LaunchPlan.Of(Peek(path), NvidiaDevice.Usable(), processes: null);
        }
        catch (UserError)
        {
            return null;
        }
    }

    /// <summary>Starts the processes of the run. Their output and this one's go to the run's log.</summary>
    private static int Launch(string path, LaunchPlan plan, CancellationToken signal)
    {
        try
        {
            WorkerProcessSetup.LogInto(path);
            // Through this process, since what the other ranks say last names the one that fell silent.
            return new RankLauncher(plan, path, error: Console.Error.WriteLine).Run(["worker", path], signal);
        }
        catch (UserError error)
        {
            if (RunFolder.IsHeld(path)) return WorkerExitCode.HeldByAnother;
            using var folder = RunFolder.Open(path);
            folder.WriteLastEvent(new RunFinished(RunOutcome.Failed, 0, Reason: FailureReason.DataInvalid, Message: error.Message));
            Console.Error.WriteLine(error.Message);
            return ExitCode.UserCanFix;
        }
    }

    private static int Work(string path, RankGroup? group, CancellationToken signal)
    {
        RunFolder folder;
        try
        {
            folder = RunFolder.Open(path);
        }
        catch (UserError held) when (RunFolder.IsHeldByAnother(held))
        {
            Console.Error.WriteLine(held.Message);
            return WorkerExitCode.HeldByAnother;
        }

        using (folder)
        {
            if (group is null) WorkerProcessSetup.LogInto(folder.Path);
            var log = new RunLogWriter(Console.Out);
            log.Write(LogLineLevel.Info, $"worker {Environment.ProcessId} of unmask {typeof(Worker).Assembly.GetName().Version?.ToString(3)} on {RuntimeInformation.OSDescription}, {Environment.ProcessorCount} CPUs");
            using var watch = new StopFileWatcher(folder, signal, () => TellOfEnd(log, group));
            using var told = watch.Token.Register(() => log.Write(LogLineLevel.Warn, "Stop requested: saves a checkpoint after this step."));
            if (group is not null) RankProcess.WatchOthers(group, folder, () => watch.Step, log.Write);
            return Train(folder, watch, log, group, signal);
        }
    }

    private static void TellOfEnd(RunLogWriter log, RankGroup? group)
    {
        log.Write(LogLineLevel.Warn, "Stopped immediately, on request.");
        if (group is null) return;
        group.Fail(FailureReason.Killed, "Rank 0 stopped immediately, on request.");
        Thread.Sleep(RankProcess.Farewell);
    }

    private static int Train(RunFolder folder, StopFileWatcher watch, RunLogWriter log, RankGroup? group, CancellationToken signal)
    {
        if (folder.FinishedModel is { } model)
        {
            log.Write(LogLineLevel.Info, $"The run is already finished; its model is in {model}.");
            return ExitCode.Done;
        }

        var view = new EventFanOut(watch, log);
        try
        {
            BringInputs(folder, view, watch.Token);
            if (group is not null) KeepProcesses(folder, group.Size);
            var outcome = File.Exists(folder.EventsPath) ? TrainingRun.Resume(folder, view, watch.Token, group) : TrainingRun.Start(Settings(folder), folder, view, watch.Token, group);
            if (outcome == RunOutcome.Stopped) signal.ThrowIfCancellationRequested();
            return ExitCode.Done;
        }
        catch (UserError error)
        {
            Tell(folder, watch, log, new RunFinished(RunOutcome.Failed, 0, Reason: FailureReason.DataInvalid, Message: error.Message.Replace(folder.ConfigPath, Path.GetFileName(folder.ConfigPath), StringComparison.Ordinal)));
            Forsake(group, ExitCode.UserCanFix);
            return ExitCode.UserCanFix;
        }
        catch (OperationCanceledException) when (watch.Token.IsCancellationRequested && !signal.IsCancellationRequested)
        {
            // Stopped in a download, before the run began.
            Tell(folder, watch, log, new RunFinished(RunOutcome.Stopped, 0));
            return ExitCode.Done;
        }
        catch (Exception bug) when (bug is not OperationCanceledException || !signal.IsCancellationRequested)
        {
            Tell(folder, watch, log, new RunFinished(RunOutcome.Failed, 0, Reason: FailureReason.Internal, Message: Faults.BugOf(bug)));
            Console.Error.WriteLine(bug);
            Forsake(group, ExitCode.Bug);
            return ExitCode.Bug;
        }
    }

    /// <summary>The other processes have been told that the run has failed; leaving them in order would wait for them.</summary>
    private static void Forsake(RankGroup? group, int code)
    {
        if (group is null) return;
        group.Fail(FailureReason.Internal, "Rank 0 has ended the run.");
        Console.Error.Flush();
        Thread.Sleep(RankProcess.Farewell);
        StopSignal.EndNow(code);
    }

    /// <summary>What is of the Hub is a folder from here on, so that the run goes on later with the same commit, and without a network.</summary>
    private static void BringInputs(RunFolder folder, IEventSink view, CancellationToken stop)
    {
        var recipe = Recipe.Load(folder.ConfigPath);
        using var downloads = new DownloadEvents(folder.EventsPath);
        if (HubInputs.Bring(recipe, HubFolders.Telling(new EventFanOut(view, downloads), stop))) Durable.WriteFile(folder.ConfigPath, Encoding.UTF8.GetBytes(ConfigFile.Write(recipe.Parameters)));
    }

    /// <summary>How many processes share a step is part of what the run is, whatever a machine that it goes on on later has.</summary>
    private static void KeepProcesses(RunFolder folder, int processes)
    {
        var parameters = Recipe.Load(folder.ConfigPath).Parameters;
        if (parameters.NumProcesses is null) Durable.WriteFile(folder.ConfigPath, Encoding.UTF8.GetBytes(ConfigFile.Write(parameters with { NumProcesses = processes })));
    }

    private static TrainParameters Settings(RunFolder folder)
    {
        var recipe = Recipe.Load(folder.ConfigPath);
        return recipe.Checked(TrainingInputs.Facts(recipe.Parameters));
    }

    /// <summary>What kept the run from even starting is told by the run too.</summary>
    private static void Tell(RunFolder folder, StopFileWatcher watch, RunLogWriter log, RunFinished end)
    {
        if (watch.SawEnd) return;
        log.Write(end);
        try
        {
            using var events = EventLog.Append(folder.EventsPath);
            events.Write(end);
        }
        catch (UserError lost)
        {
            log.Write(LogLineLevel.Error, lost.Message);
        }
    }
}
