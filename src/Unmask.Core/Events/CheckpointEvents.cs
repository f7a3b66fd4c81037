namespace Unmask.Core.Events;

/// <summary>What a checkpoint is for.</summary>
public enum CheckpointKind
{
    /// <summary>Saved at its step; pruned when newer ones make it superfluous.</summary>
    Regular,

    /// <summary>The one with the lowest evaluation loss so far.</summary>
    Best,

    /// <summary>Saved because the run was asked to stop.</summary>
    Stop,

    /// <summary>Saved after the last step.</summary>
    Final,
}

/// <summary>A checkpoint is complete on disk. Reported only after its folder has its final name and was flushed.</summary>
/// <param name="Step">Optimizer steps made so far.</param>
/// <param name="Path">Its folder, relative to the run folder, with forward slashes.</param>
/// <param name="Saved">Why it was saved.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Seconds">Wall time of the save.</param>
public sealed record CheckpointSaved(long Step, string Path, CheckpointKind Saved, long? Bytes = null, double? Seconds = null) : RunEvent
{
    protected override string Kind => "checkpoint_saved";
}

/// <summary>A checkpoint did not verify and was passed over.</summary>
/// <param name="Path">Its folder, relative to the run folder.</param>
/// <param name="Message">A sentence: what is wrong with it and which one is used instead.</param>
public sealed record CheckpointRejected(string Path, string Message) : RunEvent
{
    protected override string Kind => "checkpoint_rejected";
}
