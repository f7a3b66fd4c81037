using System.Security.Cryptography;
using System.Text;
using Unmask.Core;
using Unmask.Core.Storage;

namespace Unmask.Cli.Shell;

/// <summary>Tells on standard error why a command failed, and picks the exit code.</summary>
public static class ErrorReport
{
    /// <summary>
    /// Prints each problem the user can mend as its own sentence, or says that it is a bug and where its trace lies.
    /// </summary>
    /// <param name="exception">What the command threw.</param>
    /// <param name="error">Standard error.</param>
    /// <param name="showTrace">Print the trace too, whatever the cause (<c>--debug</c>).</param>
    /// <returns>The exit code.</returns>
    public static int Print(Exception exception, TextWriter error, bool showTrace)
    {
        if (showTrace) error.WriteLine(exception);

        if (Faults.ProblemsOf(exception) is { } problems)
        {
            foreach (var problem in problems) error.WriteLine(problem);
            return ExitCode.UserCanFix;
        }

        error.WriteLine(Faults.BugOf(exception));
        if (!showTrace) error.WriteLine(SaveTrace(exception));
        return ExitCode.Bug;
    }

    private static string SaveTrace(Exception exception)
    {
        // The folder is one of all accounts: nobody guesses the name, and nobody else reads the file.
        var path = Path.Combine(Path.GetTempPath(), $"unmask-bug-{DateTime.UtcNow:yyyyMMdd-HHmmss}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}.txt");
        try
        {
            using var file = PrivateFolder.CreateFile(path);
            file.Write(Encoding.UTF8.GetBytes($"{Environment.CommandLine}{Environment.NewLine}{exception}{Environment.NewLine}"));
            return $"The full trace is in {path}. Please report the bug.";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return $"The full trace could not be written to {path}; run the same command with --debug to see it.";
        }
    }
}
