using Unmask.Core.Events;
using Unmask.Core.Runs;

namespace Unmask.Core.Jobs;

/// <summary>What the board holds of one run. Touched under the board's lock only.</summary>
internal sealed class BoardRun
{
    public required string Path { get; init; }

    /// <summary>What is kept in job.json; made up from the folder for a run of the terminal.</summary>
    public required JobRecord Job { get; set; }

    /// <summary>job.json exists: the workbench queued the run or the person did something with it here.</summary>
    public bool IsOurs { get; set; }

    public RunDigest? Settings { get; set; }

    /// <summary>Why its folder cannot be read; null when it can.</summary>
    public string? Fault { get; set; }

    /// <summary>Why its job.json cannot be read; null when it can, or it has none.</summary>
    public string? JobFault { get; set; }

    public RunProgress Progress { get; set; } = RunProgress.None;

    /// <summary>Kept, since it knows where the lines of the log begin.</summary>
    public RunHistory? History { get; set; }

    /// <summary>The process that works on it; null when none does.</summary>
    public WorkerProcess? Worker { get; set; }

    /// <summary>The worker has been seen to hold the run, so that a free lock means that it ended.</summary>
    public bool WasHeld { get; set; }

    /// <summary>How its files stood when it was looked at last while nobody worked on it.</summary>
    public FolderTrace? Trace { get; set; }

    /// <summary>It is being deleted: it is shown and touched no more.</summary>
    public bool IsGoing { get; set; }

    /// <summary>A worker is not started before, since the last one was sent back or could not be started; until then others have its devices.</summary>
    public DateTimeOffset NotBefore { get; set; }

    /// <summary>Why its worker could not be started last, in a sentence; null where it could.</summary>
    public string? LaunchFault { get; set; }

    public string Id => Job.Id;

    public RunStatus Status => Fault is not null && !IsLive ? RunStatus.Unreadable : Job.State;

    public bool IsLive => RunTransitions.IsLive(Job.State);

    /// <summary>Writes job.json, for a run that has one.</summary>
    public void Keep(JobRecord job)
    {
        // What cannot be kept has not happened.
        if (IsOurs)
        {
            job.Write(Path);
            JobFault = null;
        }

        Job = job;
    }

    /// <summary>Changes the status by the table.</summary>
    /// <returns>Whether the table allows it; else nothing was changed.</returns>
    public bool Apply(RunSignal signal, Func<JobRecord, JobRecord>? more = null)
    {
        if (RunTransitions.After(Status, signal) is not { } next) return false;
        JobRecord job = Job with { State = next };
        Keep(more is null ? job : more(job));
        return true;
    }

    public RunOverview Overview(int? queuePosition = null, string? waitsFor = null) => new()
    {
        Id = Id,
        Name = Job.Name,
        Path = Path,
        Status = Status,
        Progress = Progress,
        Settings = Settings,
        Created = Job.Created,
        Ended = RunTransitions.IsLive(Status) || Status == RunStatus.Queued ? null : Job.Attempts.LastOrDefault()?.Ended ?? Progress.LastEvent,
        Fault = Job.Fault,
        Problem = Fault ?? JobFault,
        QueuePosition = queuePosition,
        WaitsFor = waitsFor,
        Stopping = Job.Intent,
        Origin = Job.Origin,
        Tags = Job.Tags,
        Archived = Job.Archived,
        Attempts = Job.Attempts.Count,
        IsOurs = IsOurs,
    };

    /// <summary>The record of a run that has no job.json, as its folder tells.</summary>
    public static JobRecord Foreign(string id, string path, string name, RunProgress progress) => new()
    {
        Id = id,
        Name = name,
        Created = progress.Started ?? new DateTimeOffset(Directory.GetCreationTimeUtc(path), TimeSpan.Zero),
        State = progress.Finished?.Outcome switch
        {
            RunOutcome.Done => RunStatus.Succeeded,
            RunOutcome.Failed => RunStatus.Failed,
            RunOutcome.Stopped => RunStatus.Stopped,
            _ => progress.Started is null && !File.Exists(System.IO.Path.Combine(path, RunLock.HolderName)) ? RunStatus.Found : RunStatus.Interrupted,
        },
        Fault = progress.Finished is { Outcome: RunOutcome.Failed } failed ? new(failed.Reason ?? FailureReason.Internal, failed.Message ?? "The run failed without a reported cause.") : null,
    };
}

/// <summary>Sizes and times that change whenever a process takes a run up or tells something: while they stay, there is nothing to look for.</summary>
internal readonly record struct FolderTrace(int IndexGeneration, long EventBytes, DateTime EventsWritten, DateTime ProcessWritten, DateTime ConfigWritten)
{
    public static FolderTrace Of(string run, int indexGeneration)
    {
        var events = new FileInfo(System.IO.Path.Combine(run, "events.jsonl"));
        return new(indexGeneration, events.Exists ? events.Length : 0, events.LastWriteTimeUtc, File.GetLastWriteTimeUtc(System.IO.Path.Combine(run, "process.json")), File.GetLastWriteTimeUtc(System.IO.Path.Combine(run, RunFolder.ConfigName)));
    }
}
