namespace Unmask.Core.Jobs;

/// <summary>What runs take on the disk, in bytes, by what can be done about it.</summary>
/// <param name="FinishedCheckpoints">Checkpoints of runs that succeeded and are not archived: their models are written, nothing goes on from these.</param>
/// <param name="OpenCheckpoints">Checkpoints of runs that can still go on.</param>
/// <param name="Outputs">Final models and adapters.</param>
/// <param name="Archived">Everything of archived runs.</param>
/// <param name="Rest">Measures, logs, tokenized rows.</param>
public sealed record RunDiskUse(long FinishedCheckpoints, long OpenCheckpoints, long Outputs, long Archived, long Rest);

/// <summary>Ways to room on the disk.</summary>
public enum RunCleanUp
{
    /// <summary>Deletes the checkpoints of runs that succeeded.</summary>
    FinishedCheckpoints,

    /// <summary>Deletes archived runs, whole.</summary>
    ArchivedRuns,
}
