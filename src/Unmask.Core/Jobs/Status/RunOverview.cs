using Unmask.Core.Runs;

namespace Unmask.Core.Jobs.Status;

/// <summary>One run as a list shows it.</summary>
public sealed record RunOverview
{
    /// <summary>Its id, for addresses: letters, digits, dots, dashes, underscores. Sorts by time of making.</summary>
    public required string Id { get; init; }

    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary>Its folder.</summary>
    public required string Path { get; init; }

    /// <summary>How it stands.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>Phase, step, time left, last measures.</summary>
    public required RunProgress Progress { get; init; }

    /// <summary>Method, model, dataset, device; null when its config.yaml cannot be read.</summary>
    public required RunDigest? Settings { get; init; }

    /// <summary>When it was queued, or its folder was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When its first process told something; null before.</summary>
    public DateTimeOffset? Started => Progress.Started;

    /// <summary>When it ended; null while it waits or lives.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>Why it failed or was cut off; null when it was not.</summary>
    public RunFault? Fault { get; init; }

    /// <summary>What of its folder cannot be read and why, in a sentence; null when all can.</summary>
    public string? Problem { get; init; }

    /// <summary>How many runs are before it in the queue, from 1; null when it does not wait.</summary>
    public int? QueuePosition { get; init; }

    /// <summary>Why it waits, e.g. "waits for cpu" or "the queue is paused"; null when it does not wait.</summary>
    public string? WaitsFor { get; init; }

    /// <summary>Seconds until it is likely to start; null when it does not wait, or nobody knows. Only in the list of the queue.</summary>
    public double? StartsInSeconds { get; init; }

    /// <summary>What it was asked to do and has not done yet.</summary>
    public StopRequest? Stopping { get; init; }

    /// <summary>The next harder way to end it, to be offered when it takes too long; null when there is none.</summary>
    public StopMode? Harder => Stopping is { Mode: not StopMode.Kill } stopping && IsLive ? stopping.Mode + 1 : null;

    /// <summary>Where it came from.</summary>
    public RunOrigin? Origin { get; init; }

    /// <summary>Words to find it by.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Hidden from the usual list.</summary>
    public bool Archived { get; init; }

    /// <summary>How many processes worked on it.</summary>
    public int Attempts { get; init; }

    /// <summary>Whether the workbench queued it; else a terminal started it.</summary>
    public bool IsOurs { get; init; }

    /// <summary>A process works on it.</summary>
    public bool IsLive => RunTransitions.IsLive(Status);

    /// <summary>It can be queued again to go on from its last checkpoint.</summary>
    public bool CanGoOn => RunTransitions.Allows(Status, RunSignal.Requeued);

    /// <summary>It was found and waits for a person to queue it.</summary>
    public bool CanBeQueued => RunTransitions.Allows(Status, RunSignal.Adopted);

    /// <summary>Its final model, absolute; null while there is none. One that is not in the run's own folder is none.</summary>
    public string? Model => Status == RunStatus.Succeeded && Progress.Finished?.Model is { } model && Inside(model) is { } folder ? folder : null;

    private string? Inside(string relative)
    {
        if (relative.Length == 0 || relative.Contains('\0', StringComparison.Ordinal) || System.IO.Path.IsPathRooted(relative)) return null;
        string full = System.IO.Path.GetFullPath(relative, Path);
        return full.StartsWith(Path + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal) ? full : null;
    }
}
