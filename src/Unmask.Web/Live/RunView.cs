using Unmask.Core.Events;
using Unmask.Core.Jobs.Status;
using Unmask.Core.Runs;

namespace Unmask.Web.Live;

/// <summary>A run in the words and numbers that pages show, the same when a page is made and when it is kept up to date.</summary>
public static class RunView
{
    /// <summary>The name of a status.</summary>
    public static string State(RunOverview run) => run.Status.ToString().ToLowerInvariant();

    /// <summary>What it does now, in a few words.</summary>
    public static string Phase(RunOverview run) => run switch
    {
        { Status: RunStatus.Found } => $"found in {Path.GetDirectoryName(run.Path)}, not queued",
        { Stopping: { Pause: true } } => "pausing after this step",
        { Stopping: { } stopping } => stopping.Mode switch { StopMode.AfterStep => "stopping after this step", StopMode.Now => "stopping", _ => "being killed" },
        { WaitsFor: { } waits } => run.QueuePosition is { } place ? $"position {place} in the queue, {waits}" : waits,
        { IsLive: true, Progress: { Phase: { } phase } progress } => Told(Format.Words(phase), progress),
        { IsLive: true } => "starting",
        _ => "",
    };

    /// <summary>Its remark in a list: what is wrong with it, else what it does.</summary>
    public static string Remark(RunOverview run) => run.Problem ?? run.Fault?.Message ?? Phase(run);

    /// <summary>974 / 2,000.</summary>
    public static string Steps(RunProgress progress) => progress switch
    {
        { Step: { } step, TotalSteps: { } total } => $"{Format.Count(step)} / {Format.Count(total)}",
        { Step: { } step } => Format.Count(step),
        _ => "–",
    };

    /// <summary>The time that is left, as estimated at the last report.</summary>
    public static string Left(RunOverview run) => run.IsLive && run.Progress.EtaSeconds is { } seconds ? Format.Duration(seconds) : "–";

    /// <summary>How long it has worked, as a remark.</summary>
    public static string TookNote(RunOverview run) => run.Started is null ? "" : run.IsLive ? $"elapsed {Took(run)}" : $"duration {Took(run)}";

    /// <summary>How long it has worked, or worked.</summary>
    public static string Took(RunOverview run) => run.Started is { } started ? Format.Duration(((run.Ended ?? DateTimeOffset.UtcNow) - started).TotalSeconds) : "–";

    /// <summary>The numbers of a run by the names under which its page shows them.</summary>
    public static IReadOnlyDictionary<string, string> Numbers(RunOverview run) => new Dictionary<string, string>
    {
        ["steps"] = Steps(run.Progress),
        ["left"] = Left(run),
        ["loss"] = Format.Number(run.Progress.Loss),
        ["eval_loss"] = Format.Number(run.Progress.EvalLoss),
        ["best"] = run.Progress.BestEvalLoss is { } best ? $"best {Format.Number(best)} at step {Format.Count(run.Progress.BestEvalStep)}" : "",
        ["accuracy"] = Format.Percent(run.Progress.MaskedAccuracy),
        ["learning_rate"] = Format.Number(run.Progress.LearningRate),
        ["tokens"] = run.Progress.TokensPerSecond is { } speed ? Format.Count((long)speed) : "–",
        ["memory"] = run.Progress.MemoryBytes is { } bytes ? Format.Bytes(bytes) : "–",
        ["phase"] = Phase(run),
        ["remark"] = Remark(run),
        ["took"] = TookNote(run),
        ["duration"] = Took(run),
    };

    private static string Told(string phase, RunProgress progress)
    {
        var far = progress is { PhaseDone: { } done, PhaseTotal: > 0 and var total } && phase != "training" ? string.Create(CultureInfo.InvariantCulture, $" {Math.Floor(100.0 * done / total):0}%") : "";
        if (progress is { Phase: Phases.Downloading, PhaseDone: { } here, PhaseTotal: { } all }) far += $" ({Format.Bytes(here)} of {Format.Bytes(all)})";
        return progress.PhaseDetail is { Length: > 0 } detail ? $"{phase}{far}: {detail}" : phase + far;
    }
}
