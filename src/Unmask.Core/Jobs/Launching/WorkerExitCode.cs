namespace Unmask.Core.Jobs.Launching;

/// <summary>What a worker says to the system beside the exit codes of every command.</summary>
public static class WorkerExitCode
{
    /// <summary>Another process writes the run; nothing is wrong with it.</summary>
    public const int HeldByAnother = 75;
}
