using System.Diagnostics;
using TorchSharp;
using Unmask.Core.Parameters;
using Unmask.Core.Protocol;
using Unmask.Core.Storage;
using Unmask.Engine.Runtime;

namespace Unmask.Engine.Plugins;

/// <summary>Tries a method from end to end with very small fresh models: does this program, as it is installed here, train, save and write?</summary>
public static class SelfTest
{
    /// <summary>Tries it; everything it writes is in a folder of its own that goes with it.</summary>
    /// <param name="method">The method.</param>
    /// <param name="version">Version of the program.</param>
    /// <param name="told">Told of each step when it begins and when it ends.</param>
    /// <param name="stop">Ends it between two steps.</param>
    /// <param name="device">Where; null for the first GPU, or the CPU where there is none.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static SelfTestResult Run(TrainingMethod method, string version, Action<SelfTestStep> told, CancellationToken stop, torch.Device? device = null)
    {
        var clock = Stopwatch.StartNew();
        var folder = ScratchFolder.Create("self-test");
        var trials = MethodCatalog.ArchitecturesOf(method).Select(architecture => new ModelTrial(method, architecture, Path.Combine(folder.FullName, architecture.ModelType), device, stop)).ToArray();
        try
        {
            (string Title, Func<string> Try)[] plan = [("The native engine loads", StartEngine), .. trials.SelectMany(trial => trial.Steps)];
            var steps = new List<SelfTestStep>();
            foreach (var (title, act) in plan)
            {
                stop.ThrowIfCancellationRequested();
                var step = new SelfTestStep(steps.Count + 1, plan.Length, title, SelfTestState.Running);
                told(step);
                var (done, failure) = Try(step, act);
                steps.Add(done);
                told(done);
                if (failure is not null) return Broken(done, failure, steps, clock, version);
            }

            return new SelfTestResult(true, $"Ready: all {steps.Count} steps passed.", steps, clock.Elapsed.TotalSeconds, version);
        }
        finally
        {
            foreach (var trial in trials) trial.Dispose();
            folder.Delete(recursive: true);
        }
    }

    private static (SelfTestStep Step, Exception? Failure) Try(SelfTestStep step, Func<string> act)
    {
        var clock = Stopwatch.StartNew();
        try
        {
            return (step with { Detail = act(), State = SelfTestState.Passed, Seconds = clock.Elapsed.TotalSeconds }, null);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            return (step with { Detail = failure.Message, State = SelfTestState.Failed, Seconds = clock.Elapsed.TotalSeconds }, failure);
        }
    }

    private static SelfTestResult Broken(SelfTestStep step, Exception failure, List<SelfTestStep> steps, Stopwatch clock, string version)
    {
        var known = failure is UserError;
        return new SelfTestResult(false, $"Broken: \"{step.Title}\" failed. {failure.Message}", steps, clock.Elapsed.TotalSeconds, version)
        {
            WayOut = known ? "Fix the problem, then repeat the self-test. `unmask doctor` checks the whole machine." : "Repeat the self-test. If it fails again, reinstall the program and report the trace.",
            Trace = known ? null : failure.ToString(),
        };
    }

    private static string StartEngine()
    {
        var engine = UnmaskRuntime.Start();
        return $"LibTorch {engine.LibTorchVersion}, {engine.Threads} threads{(engine.CudaAvailable ? $", {engine.CudaDevices} CUDA devices" : "")}";
    }
}
