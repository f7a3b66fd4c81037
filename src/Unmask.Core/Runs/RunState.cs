namespace Unmask.Core.Runs;

/// <summary>How a run stands, read from its folder.</summary>
public enum RunState
{
    /// <summary>A process holds its lock.</summary>
    Running,

    /// <summary>Its last event says that it is done.</summary>
    Succeeded,

    /// <summary>It was asked to stop, saved, and can be resumed.</summary>
    Stopped,

    /// <summary>Its last event says why it failed.</summary>
    Failed,

    /// <summary>Nobody holds it and it never finished: its process died. It can be resumed.</summary>
    Interrupted,
}
