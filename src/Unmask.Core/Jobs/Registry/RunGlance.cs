using Unmask.Core.Events;
using Unmask.Core.Jobs.Status;
using Unmask.Core.Runs;
using Unmask.Core.Workspaces;

namespace Unmask.Core.Jobs.Registry;

/// <summary>How a run stands by its folder alone, with no workbench at hand.</summary>
public static class RunGlance
{
    /// <summary>All runs in some folders, newest first; folders that do not exist have none. A damaged run is among them, with what is wrong with it.</summary>
    public static IReadOnlyList<RunOverview> List(IEnumerable<string> folders) =>
        [.. folders.Where(Directory.Exists).SelectMany(Directory.EnumerateDirectories).Where(IsRun).Select(Read).OrderByDescending(run => run.Created).ThenByDescending(run => run.Id, StringComparer.Ordinal)];

    /// <summary>Whether a folder is that of a run, be it a damaged one.</summary>
    public static bool IsRun(string folder) => RunReading.IsRun(folder);

    /// <summary>Reads one run. Its id is the name of its folder.</summary>
    public static RunOverview Read(string folder)
    {
        string path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        RunReading read = RunReading.From(path, run => Follow(new EventTail(Path.Combine(run, RunFolder.EventsName)), RunProgress.None));
        bool trusted = read.Job is not null && (IsInAHome(path) || new AdoptedRuns(Workspace.Locate()).Trusts(path));
        JobRecord reported = RunState.Foreign(Path.GetFileName(path), path, read.Settings?.OutputName ?? Path.GetFileName(path), read.Progress);
        JobRecord shown = trusted ? read.Job! with { Id = reported.Id } : read.Job is { } job ? reported with { Name = job.Name, Tags = job.Tags, Archived = job.Archived } : reported;
        return new RunState
        {
            Path = path,
            IsOurs = trusted,
            Settings = read.Settings,
            Progress = read.Progress,
            Fault = read.Fault,
            JobFault = read.JobFault,
            Job = shown with { State = StatusOf(read.IsHeld, shown, read.Progress) },
        }.Overview();
    }

    /// <summary>Whether the folder is that of a home's runs, which may be another home than the usual one: nothing is started by this look.</summary>
    private static bool IsInAHome(string run) => Path.GetDirectoryName(Path.GetDirectoryName(run)) is { } home && File.Exists(Path.Combine(home, Workspace.DatabaseName));

    /// <summary>What a live run does, from what it reported.</summary>
    internal static RunStatus LiveStatus(RunProgress progress) =>
        progress.Phase == Phases.SavingModel ? RunStatus.Saving : progress.HasBegunTraining ? RunStatus.Running : RunStatus.Preparing;

    private static RunStatus StatusOf(bool held, JobRecord job, RunProgress progress)
    {
        if (held) return LiveStatus(progress);

        // The workbench has the last word, unless more happened since it looked, or it went away while the run lived.
        bool isStale = RunTransitions.IsLive(job.State) || (job.Seen is { } seen && progress.LastEvent > seen);
        return isStale ? RunState.Foreign(job.Id, "", job.Name, progress with { Started = job.Created }).State : job.State;
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
