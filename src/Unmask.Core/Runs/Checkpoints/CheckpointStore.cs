using Unmask.Core.Events;
using Unmask.Core.Storage;

namespace Unmask.Core.Runs.Checkpoints;

/// <summary>The checkpoints of a run. A checkpoint here is complete, or it is not here.</summary>
/// <param name="path">The folder <c>checkpoints</c> of a run folder.</param>
public sealed class CheckpointStore(string path)
{
    private const string DamagedPrefix = "damaged-";

    public string Path { get; } = System.IO.Path.GetFullPath(path);

    /// <summary>All checkpoints, oldest first, verified or not.</summary>
    public IReadOnlyList<CheckpointFolder> All => !Directory.Exists(Path) ? [] :
        [.. Directory.EnumerateDirectories(Path).Select(CheckpointFolder.At).OfType<CheckpointFolder>().OrderBy(checkpoint => checkpoint.Step)];

    /// <summary>Starts a checkpoint. A complete one of the same step stays until the new one is complete.</summary>
    /// <param name="step">Optimizer steps made so far.</param>
    /// <param name="saved">Why it is saved.</param>
    /// <param name="configSha256">Hash of the run's config.yaml.</param>
    /// <param name="eventPosition">Where events.jsonl stands (<see cref="EventLog.Position"/>), after everything up to this step was written and flushed.</param>
    /// <param name="evalLoss">Evaluation loss at this step, where it was evaluated.</param>
    public CheckpointDraft Begin(long step, CheckpointKind saved, string configSha256, long eventPosition, double? evalLoss = null) =>
        Begin(step, saved, configSha256, eventPosition, evalLoss, open: null);

    internal CheckpointDraft Begin(long step, CheckpointKind saved, string configSha256, long eventPosition, double? evalLoss, Func<string, Stream>? open)
    {
        string target = System.IO.Path.Combine(Path, CheckpointFolder.NameOf(step));
        FolderDraft folder = open is null ? FolderDraft.Begin(target) : FolderDraft.Begin(target, open);
        return new(folder, new CheckpointManifest { Step = step, Saved = saved, ConfigSha256 = configSha256, EventPosition = eventPosition, EvalLoss = evalLoss });
    }

    /// <summary>The newest checkpoint that verifies, and a report on each newer one that does not.</summary>
    public (CheckpointFolder? Checkpoint, IReadOnlyList<CheckpointRejected> Rejected) NewestThatVerifies()
    {
        List<(CheckpointFolder Checkpoint, string Fault)> faulty = [];
        CheckpointFolder? good = null;
        foreach (CheckpointFolder checkpoint in All.Reverse())
        {
            if (checkpoint.Fault() is not { } fault)
            {
                good = checkpoint;
                break;
            }

            faulty.Add((checkpoint, fault));
        }

        string instead = good is null
            ? "there is no older one that is whole, so the run starts from the beginning"
            : $"{System.IO.Path.GetFileName(good.Path)} is used instead";
        return (good, [.. faulty.Select(one => new CheckpointRejected(
            $"{System.IO.Path.GetFileName(Path)}/{System.IO.Path.GetFileName(one.Checkpoint.Path)}",
            $"Checkpoint {System.IO.Path.GetFileName(one.Checkpoint.Path)} is not used because {one.Fault}; {instead}."))]);
    }

    /// <summary>The checkpoint with the lowest evaluation loss (the earliest of equals); null when none was evaluated.</summary>
    public CheckpointFolder? Best => All
        .Select(checkpoint => (checkpoint, loss: checkpoint.Manifest?.EvalLoss))
        .Where(pair => pair.loss is { } loss && double.IsFinite(loss))
        .OrderBy(pair => pair.loss).ThenBy(pair => pair.checkpoint.Step)
        .Select(pair => pair.checkpoint)
        .FirstOrDefault();

    /// <summary>Removes all but the newest <paramref name="keepLast"/>, those that a person keeps and, if asked, the best. Call it after a new one is complete.</summary>
    /// <returns>What was removed.</returns>
    public IReadOnlyList<CheckpointFolder> Prune(int keepLast, bool keepBest)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keepLast, 1);
        if (!Directory.Exists(Path)) return [];
        foreach (string aside in Directory.GetDirectories(Path, $"{DamagedPrefix}*")) FolderDraft.Remove(aside);
        IReadOnlyList<CheckpointFolder> all = All;
        CheckpointFolder? best = keepBest ? Best : null;
        CheckpointFolder[] superfluous = [.. all.Take(Math.Max(0, all.Count - keepLast)).Where(checkpoint => checkpoint != best && !checkpoint.IsKept)];
        foreach (CheckpointFolder checkpoint in superfluous) checkpoint.Remove();
        return superfluous;
    }

    /// <summary>
    /// Sets checkpoints after <paramref name="step"/> aside, under a name that is none of a checkpoint: those that were passed over when the run
    /// resumed from it. They are removed once a new checkpoint is complete.
    /// </summary>
    public void SetAsideAfter(long step)
    {
        foreach (CheckpointFolder checkpoint in All.Where(checkpoint => checkpoint.Step > step))
        {
            string aside = System.IO.Path.Combine(Path, DamagedPrefix + System.IO.Path.GetFileName(checkpoint.Path));
            if (Directory.Exists(aside)) FolderDraft.Remove(aside);
            Directory.Move(checkpoint.Path, aside);
        }
    }

    /// <summary>Removes what an interrupted save left behind. Only for the process that holds the run's lock.</summary>
    public void CleanUp() => FolderDraft.CleanUp(Path);
}
