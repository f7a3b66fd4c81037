namespace Unmask.Core.Jobs.Status;

/// <summary>How a run of the workbench stands.</summary>
public enum RunStatus
{
    /// <summary>Waits for its turn.</summary>
    Queued,

    /// <summary>Its process starts, reads data, tokenizes or loads the model.</summary>
    Preparing,

    /// <summary>It trains.</summary>
    Running,

    /// <summary>It is about to end: it was asked to stop, or writes the final model.</summary>
    Saving,

    /// <summary>Every step was made and the final model is in place.</summary>
    Succeeded,

    /// <summary>It could not go on; the reason is kept. It can go on from its last checkpoint.</summary>
    Failed,

    /// <summary>The person ended it. It can go on from its last checkpoint.</summary>
    Stopped,

    /// <summary>The person set it aside to go on later.</summary>
    Paused,

    /// <summary>Its process died without a word. It can go on from its last checkpoint.</summary>
    Interrupted,

    /// <summary>Taken out of the queue before it ever ran.</summary>
    Cancelled,

    /// <summary>Its folder is there, but nobody queued it here and nobody has run it: it starts when a person queues it.</summary>
    Found,

    /// <summary>Its folder cannot be read; <see cref="RunOverview.Problem"/> says why.</summary>
    Unreadable,
}

/// <summary>What can happen to a run.</summary>
public enum RunSignal
{
    /// <summary>Its worker was started.</summary>
    Launched,

    /// <summary>A process writes it that this workbench did not start: one of an earlier workbench, or of a terminal.</summary>
    TakenUp,

    /// <summary>Its worker found the run held by another process that has ended since.</summary>
    SentBack,

    /// <summary>Its first step is being made.</summary>
    TrainingBegan,

    /// <summary>It was asked to stop or pause, or writes its final model.</summary>
    EndingBegan,

    /// <summary>It ended and told that all is done.</summary>
    Done,

    /// <summary>It ended and told why it failed, or its process failed in a known way.</summary>
    Failed,

    /// <summary>It ended because it was asked to stop.</summary>
    Stopped,

    /// <summary>It ended because it was asked to pause.</summary>
    Paused,

    /// <summary>Its process is gone and told nothing.</summary>
    Vanished,

    /// <summary>The person takes it out of the queue before it ever ran.</summary>
    Cancelled,

    /// <summary>The person takes it out of the queue, but it ran before and can go on later.</summary>
    Withdrawn,

    /// <summary>The person lets it go on.</summary>
    Requeued,

    /// <summary>The person queues a run that was found.</summary>
    Adopted,

    /// <summary>The person takes a run that was found out of the queue before it ever ran.</summary>
    Returned,
}
