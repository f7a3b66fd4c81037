using System.Runtime.InteropServices;
using System.Text;
using Unmask.Cli.Shell;
using Unmask.Core;
using Unmask.Core.Events;
using Unmask.Core.Hub;
using Unmask.Core.Jobs;
using Unmask.Core.Parameters;
using Unmask.Core.Runs;
using Unmask.Core.Storage;
using Unmask.Engine.Training;

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
        WorkerProcessSetup.Detach();
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
            WorkerProcessSetup.LogInto(folder.Path);
            var log = new RunLogWriter(Console.Out);
            log.Write(LogLevel.Info, $"worker {Environment.ProcessId} of unmask {typeof(Worker).Assembly.GetName().Version?.ToString(3)} on {RuntimeInformation.OSDescription}, {Environment.ProcessorCount} processors");
            using var watch = new StopWatch(folder, signal, () => log.Write(LogLevel.Warn, "Ended at once, on request."));
            using var told = watch.Token.Register(() => log.Write(LogLevel.Warn, "Asked to stop: saves and ends after this step."));
            return Train(folder, watch, log, signal);
        }
    }

    private static int Train(RunFolder folder, StopWatch watch, RunLogWriter log, CancellationToken signal)
    {
        if (folder.FinishedModel is { } model)
        {
            log.Write(LogLevel.Info, $"The run is done already; its model is in {model}.");
            return ExitCode.Done;
        }

        var view = new EventFanOut(watch, log);
        try
        {
            BringInputs(folder, view, watch.Token);
            var outcome = File.Exists(folder.EventsPath) ? TrainingRun.Resume(folder, view, watch.Token) : TrainingRun.Start(Settings(folder), folder, view, watch.Token);
            if (outcome == RunOutcome.Stopped) signal.ThrowIfCancellationRequested();
            return ExitCode.Done;
        }
        catch (UserError error)
        {
            Tell(folder, watch, log, new RunFinished(RunOutcome.Failed, 0, Reason: FailureReason.DataInvalid, Message: error.Message));
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
            Tell(folder, watch, log, new RunFinished(RunOutcome.Failed, 0, Reason: FailureReason.Internal, Message: $"This is a bug in unmask: {bug.GetType().Name}: {bug.Message}"));
            Console.Error.WriteLine(bug);
            return ExitCode.Bug;
        }
    }

    /// <summary>What is of the Hub is a folder from here on, so that the run goes on later with the same commit, and without a network.</summary>
    private static void BringInputs(RunFolder folder, IEventSink view, CancellationToken stop)
    {
        var recipe = Recipe.Load(folder.ConfigPath);
        using var downloads = new DownloadEvents(folder.EventsPath);
        if (HubInputs.Bring(recipe, HubFolders.Telling(new EventFanOut(view, downloads), stop))) Durable.WriteFile(folder.ConfigPath, Encoding.UTF8.GetBytes(ConfigFile.Write(recipe.Parameters)));
    }

    private static TrainParameters Settings(RunFolder folder)
    {
        var recipe = Recipe.Load(folder.ConfigPath);
        return recipe.Checked(TrainingInputs.Facts(recipe.Parameters));
    }

    /// <summary>What kept the run from even starting is told by the run too.</summary>
    private static void Tell(RunFolder folder, StopWatch watch, RunLogWriter log, RunFinished end)
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
            log.Write(LogLevel.Error, lost.Message);
        }
    }
}
