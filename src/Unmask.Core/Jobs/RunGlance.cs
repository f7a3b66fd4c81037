using Unmask.Core.Events;
using Unmask.Core.Runs;

namespace Unmask.Core.Jobs;

/// <summary>How a run stands by its folder alone, with no workbench at hand.</summary>
public static class RunGlance
{
    /// <summary>All runs in some folders, newest first; folders that do not exist have none.</summary>
    public static IReadOnlyList<RunOverview> List(IEnumerable<string> folders) =>
        [.. folders.Where(Directory.Exists).SelectMany(Directory.EnumerateDirectories).Where(IsRun).Select(Read).OrderByDescending(run => run.Created).ThenByDescending(run => run.Id, StringComparer.Ordinal)];

    /// <summary>Whether a folder is that of a run.</summary>
    public static bool IsRun(string folder) => !Path.GetFileName(folder).StartsWith('.') && File.Exists(Path.Combine(folder, "config.yaml"));

    /// <summary>Reads one run. Its id is the name of its folder.</summary>
    public static RunOverview Read(string folder)
    {
        string path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        bool held = RunFolder.IsHeld(path);
        RunProgress progress = Follow(new EventTail(Path.Combine(path, "events.jsonl")), RunProgress.None);
        RunDigest? settings = RunDigest.Read(Path.Combine(path, "config.yaml"));
        JobRecord? job = JobRecord.Read(path);
        JobRecord shown = job ?? BoardRun.Foreign(Path.GetFileName(path), path, settings?.OutputName ?? Path.GetFileName(path), progress);
        return new BoardRun { Path = path, IsOurs = job is not null, Settings = settings, Progress = progress, Job = shown with { State = StatusOf(held, shown, progress) } }.Overview();
    }

    /// <summary>What a live run does, from what it told.</summary>
    internal static RunStatus LiveStatus(RunProgress progress) =>
        progress.Phase == Phases.SavingModel ? RunStatus.Saving : progress.HasBegunTraining ? RunStatus.Running : RunStatus.Preparing;

    private static RunStatus StatusOf(bool held, JobRecord job, RunProgress progress)
    {
        if (held) return LiveStatus(progress);

        // The workbench has the last word, unless more happened since it looked, or it went away while the run lived.
        bool isStale = RunTransitions.IsLive(job.State) || (job.Seen is { } seen && progress.LastEvent > seen);
        return isStale ? BoardRun.Foreign(job.Id, "", job.Name, progress with { Started = job.Created }).State : job.State;
    }

    private static RunProgress Follow(EventTail tail, RunProgress progress)
    {
        while (true)
        {
            TailPart part = tail.Read();
            progress = part.Events.Aggregate(part.WasSetBack ? RunProgress.None : progress, (now, placed) => now.With(placed.Event));
            if (part.IsAll) return progress;
        }
    }
}
