namespace Unmask.Core.Jobs.Status;

/// <summary>How a run is ended, from gentle to hard.</summary>
public enum StopMode
{
    /// <summary>Finish this step, save, end. Before training it ends at once, since there is nothing to save.</summary>
    AfterStep,

    /// <summary>End at once; what was trained since the last checkpoint is lost.</summary>
    Now,

    /// <summary>The system ends its process, which notices nothing.</summary>
    Kill,
}
