namespace Unmask.Core.Jobs;

/// <summary>What of a run is deleted.</summary>
[Flags]
public enum RunParts
{
    /// <summary>Its checkpoints: it cannot go on any more.</summary>
    Checkpoints = 1,

    /// <summary>Its final model.</summary>
    Outputs = 2,

    /// <summary>Everything: the run is gone.</summary>
    All = 4,
}

/// <summary>Bytes that a run takes on the disk.</summary>
/// <param name="Checkpoints">Its checkpoints.</param>
/// <param name="Outputs">Its final model.</param>
/// <param name="All">Everything in its folder, these included.</param>
public sealed record RunSizes(long Checkpoints, long Outputs, long All);
