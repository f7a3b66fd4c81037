namespace Unmask.Cli.Shell;

/// <summary>What the process says to the shell when it ends.</summary>
public static class ExitCode
{
    /// <summary>What was asked for was done.</summary>
    public const int Done = 0;

    /// <summary>The user can mend it; every problem was printed as a sentence.</summary>
    public const int UserCanFix = 2;

    /// <summary>A bug of ours.</summary>
    public const int Bug = 70;

    /// <summary>Ended by signal <paramref name="number"/>: 130 for Ctrl+C, 143 for SIGTERM.</summary>
    public static int OfSignal(int number) => 128 + number;
}
