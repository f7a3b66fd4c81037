using System.Reflection;
using Unmask.Core.Storage;

namespace Unmask.Core;

/// <summary>Tells exceptions that a user can do something about from bugs of the program.</summary>
public static class Faults
{
    /// <summary>The problems in <paramref name="exception"/> that the user can mend, or null when it is our bug.</summary>
    public static IReadOnlyList<string>? ProblemsOf(Exception exception) => Unwrap(exception) switch
    {
        UserError user => user.Problems,
        IOException full when StorageFailure.IsDiskFull(full) =>
            [$"The disk is full: {Sentence(full.Message)} Free some space or use another folder. Files that were complete before are intact."],
        Exception missing when missing is FileNotFoundException or DirectoryNotFoundException => [$"{Sentence(missing.Message)} Check the path."],
        UnauthorizedAccessException refused => [$"{Sentence(refused.Message)} Change the permissions, or use another path."],
        _ => null,
    };

    /// <summary>A sentence on an exception that is our bug.</summary>
    public static string BugOf(Exception exception)
    {
        var cause = Unwrap(exception);
        return $"Internal error (a bug in Unmask): {cause.GetType().Name}: {FirstLine(cause.Message)}";
    }

    private static Exception Unwrap(Exception exception)
    {
        while (exception is AggregateException or TargetInvocationException or TypeInitializationException && exception.InnerException is { } inner)
        {
            exception = inner;
        }

        return exception;
    }

    private static string FirstLine(string text) => text.Split('\n', 2)[0].TrimEnd();

    private static string Sentence(string text) => text.EndsWith('.') ? text : text + ".";
}
