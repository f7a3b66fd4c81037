using Unmask.Core.Events;
using Unmask.Core.Jobs.Status;
using Unmask.Core.Runs;
using Unmask.Core.Runs.Processes;

namespace Unmask.Core.Jobs.Registry;

/// <summary>How one run stands: never changed, replaced as a whole.</summary>
internal sealed record RunState
{
    public required string Path { get; init; }

    /// <summary>What is kept in job.json; derived from the folder for a run of the terminal.</summary>
    public required JobRecord Job { get; init; }

    /// <summary>job.json exists: the workbench queued the run or the person did something with it here.</summary>
    public bool IsOurs { get; init; }

    public RunDigest? Settings { get; init; }

    /// <summary>Why its folder cannot be read; null when it can.</summary>
    public string? Fault { get; init; }

    /// <summary>Why its job.json cannot be read; null when it can, or it has none.</summary>
    public string? JobFault { get; init; }

    public RunProgress Progress { get; init; } = RunProgress.None;

    /// <summary>It is being deleted: it is shown and touched no more.</summary>
    public bool IsDeleting { get; init; }

    /// <summary>A worker is not started before, since the last one was sent back or could not be started; until then others have its devices.</summary>
    public DateTimeOffset NotBefore { get; init; }

    /// <summary>Why its worker could not be started last, in a sentence; null where it could.</summary>
    public string? LaunchFault { get; init; }

    public string Id => Job.Id;

    public RunStatus Status => Fault is not null && !IsLive ? RunStatus.Unreadable : Job.State;

    public bool IsLive => RunTransitions.IsLive(Job.State);

    public bool IsQueued => Status == RunStatus.Queued && !IsDeleting;

    /// <summary>The status as a word in a sentence.</summary>
    public string Word => Status.ToString().ToLowerInvariant();

    /// <summary>The state after a signal, by the table; null where the table does not allow it.</summary>
    public RunState? After(RunSignal signal, Func<JobRecord, JobRecord>? more = null)
    {
        if (IsDeleting || RunTransitions.After(Status, signal) is not { } next) return null;
        JobRecord job = Job with { State = next };
        return this with { Job = more is null ? job : more(job) };
    }

    /// <summary>A run of the terminal gets a job.json once the person does something with it here.</summary>
    public RunState Adopted() => IsOurs ? this : this with { IsOurs = true, Job = Job with { Seen = Progress.LastEvent } };

    /// <summary>A run that nobody queued here, as its folder reports; what a person wrote about it stays.</summary>
    public RunState Disowned() => this with { IsOurs = false, Job = Foreign(Id, Path, Job.Name, Progress) with { Tags = Job.Tags, Archived = Job.Archived } };

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

    /// <summary>The record of a run that has no job.json, as its folder reports.</summary>
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
