using Unmask.Cli.Shell;
using Unmask.Core.Events;
using Unmask.Core.Parameters;
using Unmask.Core.Runs;
using Unmask.Engine.Collectives;
using Unmask.Engine.Native;
using Unmask.Engine.Runs;
using Unmask.Engine.Runtime;

namespace Unmask.Cli.Work;

/// <summary>This process as one of several that train together, whoever started them.</summary>
internal static class RankProcess
{
    /// <summary>Set by the launcher in the processes that it starts: they end when it does.</summary>
    public const string Launched = "UNMASK_LAUNCHED";

    /// <summary>How long a last word may take to reach the others.</summary>
    public static readonly TimeSpan Farewell = TimeSpan.FromMilliseconds(300);

    private static readonly TimeSpan launcherGone = TimeSpan.FromSeconds(2);

    /// <summary>The place of this process; null when it is alone.</summary>
    /// <exception cref="UserError">The variables of the launcher make no sense.</exception>
    public static RankPlace? Place() => RankPlace.Find(Environment.GetEnvironmentVariable) is { Size: > 1 } place ? place : null;

    /// <summary>Joins the others and does this process's part of the run.</summary>
    /// <param name="place">Where it stands.</param>
    /// <param name="parameters">The run's settings: which device, and which GPUs.</param>
    /// <param name="first">What the first process does; the others follow it.</param>
    /// <param name="error">For sentences.</param>
    /// <param name="stop">Asks the run to save and end.</param>
    /// <returns>The exit code.</returns>
    public static int Run(RankPlace place, TrainParameters parameters, Func<RankGroup, int> first, TextWriter error, CancellationToken stop)
    {
        if (place.Rank == 0 && Environment.GetEnvironmentVariable(Launched) is not null) EndWithLauncher();
        var onGpu = NarrowToOwnGpu(place, parameters);
        var group = RankGroup.Join(place, onGpu, device: 0);
        try
        {
            int code;
            if (group.IsFirst)
            {
                code = first(group);
            }
            else
            {
                group.OnTrouble(trouble => End(trouble.Message));
                FollowedRun.Train(group, stop);
                code = ExitCode.Done;
            }

            group.Dispose();
            return code;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            group.Dispose();
            throw;
        }
        catch (Exception failure)
        {
            // Leaving in order needs the others, who may be past it.
            if (group.IsFirst) group.Fail(FailureReason.Internal, $"Rank 0 failed: {failure.Message}");
            using var text = new StringWriter(CultureInfo.InvariantCulture);
            var code = ErrorReport.Print(failure, text, showTrace: false);
            foreach (var line in text.ToString().TrimEnd().Split('\n')) error.WriteLine(group.IsFirst ? line : $"[rank {group.Rank}] {line}");
            error.Flush();
            Thread.Sleep(Farewell);
            StopSignal.EndNow(code);
            return code;
        }

        void End(string message)
        {
            error.WriteLine($"[rank {place.Rank}] {message}");
            error.Flush();
            StopSignal.EndNow(ExitCode.UserCanFix);
        }
    }

    /// <summary>Lets the first process write the end of the run, and end itself, as soon as another process cannot go on.</summary>
    /// <param name="group">The processes.</param>
    /// <param name="folder">The run.</param>
    /// <param name="step">Steps made so far.</param>
    /// <param name="told">Where else the end is told.</param>
    public static void WatchOthers(RankGroup group, RunFolder folder, Func<long> step, Action<RunFinished> told) => group.OnTrouble(trouble =>
    {
        var end = new RunFinished(RunOutcome.Failed, step(), Reason: trouble.Reason, Message: string.Join(' ', trouble.Message, folder.WayOn).TrimEnd());
        if (folder.WriteLastEvent(end)) told(end);
        Thread.Sleep(Farewell);
        StopSignal.EndNow(ExitCode.UserCanFix);
    });

    /// <summary>From here on this process sees its own GPU only, so that nothing of CUDA ends up on another by mistake.</summary>
    private static bool NarrowToOwnGpu(RankPlace place, TrainParameters parameters)
    {
        if (parameters.TrainDevice == TrainDevice.Cpu) return false;
        var usable = NvidiaDevice.Usable();
        if (usable.Count == 0) return false;

        // Our launcher has given each process its own.
        if (Environment.GetEnvironmentVariable(Launched) is not null) return true;
        var named = LaunchPlan.GpusOf(parameters, usable);
        if (place.LocalRank >= named.Count)
        {
            throw new UserError($"Process {place.LocalRank} of this machine has no GPU: gpu_ids is {parameters.GpuIds}, and there {(named.Count == 1 ? "is one" : $"are {named.Count}")}. Start as many processes on a machine as it has GPUs.");
        }

        var visible = Environment.GetEnvironmentVariable("CUDA_VISIBLE_DEVICES")?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var own = named[place.LocalRank];
        NativeEnvironment.Set("CUDA_VISIBLE_DEVICES", visible is { Length: > 0 } ? visible[own] : own.ToString(CultureInfo.InvariantCulture));
        return true;
    }

    /// <summary>The launcher holds the other end of standard input, and lets go of it when it ends, however it ends.</summary>
    private static void EndWithLauncher()
    {
        var input = Console.OpenStandardInput();
        new Thread(() =>
        {
            var buffer = new byte[256];
            try
            {
                while (input.Read(buffer) > 0)
                {
                }
            }
            catch (IOException)
            {
                // As with its end.
            }

            // mpirun lets go as well, when another process has died; then there is something to be told first.
            Thread.Sleep(launcherGone);
            StopSignal.EndNow(ExitCode.OfSignal(9));
        })
        { IsBackground = true, Name = "launcher watch" }.Start();
    }
}
