using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Unmask.Core.Storage;
using Unmask.Primitives;

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

        if (ProblemsOf(exception) is { } problems)
        {
            foreach (var problem in problems) error.WriteLine(problem);
            return ExitCode.UserCanFix;
        }

        error.WriteLine(BugOf(exception));
        if (!showTrace) error.WriteLine(SaveTrace(exception));
        return ExitCode.Bug;
    }

    /// <summary>The problems in <paramref name="exception"/> that the user can mend, or null when it is our bug.</summary>
    public static IReadOnlyList<string>? ProblemsOf(Exception exception) => Unwrap(exception) switch
    {
        UserError user => user.Problems,
        IOException full when StorageFailure.IsDiskFull(full) =>
            [$"The disk is full: {Sentence(full.Message)} Free some space or choose another folder; what was complete before is still there."],
        Exception missing when missing is FileNotFoundException or DirectoryNotFoundException => [$"{Sentence(missing.Message)} Check the path."],
        UnauthorizedAccessException refused => [$"{Sentence(refused.Message)} Give the user that runs unmask the right to it, or choose another path."],
        _ => null,
    };

    /// <summary>A sentence on an exception that is our bug.</summary>
    public static string BugOf(Exception exception)
    {
        var cause = Unwrap(exception);
        return $"This is a bug in unmask: {cause.GetType().Name}: {FirstLine(cause.Message)}";
    }

    private static Exception Unwrap(Exception exception)
    {
        while (exception is AggregateException or TargetInvocationException or TypeInitializationException && exception.InnerException is { } inner)
        {
            exception = inner;
        }

        return exception;
    }

    private static string SaveTrace(Exception exception)
    {
        // The folder is one of all accounts: nobody guesses the name, and nobody else reads the file.
        var path = Path.Combine(Path.GetTempPath(), $"unmask-bug-{DateTime.UtcNow:yyyyMMdd-HHmmss}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}.txt");
        try
        {
            using var file = PrivateFolder.CreateFile(path);
            file.Write(Encoding.UTF8.GetBytes($"{Environment.CommandLine}{Environment.NewLine}{exception}{Environment.NewLine}"));
            return $"The full trace is in {path}; please report it.";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return $"The full trace could not be written to {path}; run the same command with --debug to see it.";
        }
    }

    private static string FirstLine(string text) => text.Split('\n', 2)[0].TrimEnd();

    private static string Sentence(string text) => text.EndsWith('.') ? text : text + ".";
}
