using Unmask.Core;

namespace Unmask;

/// <summary>Something that the caller can correct: a path, a setting, an option. Holds every problem found, each a sentence with the value and what is allowed.</summary>
/// <example>
/// <code>
/// try
/// {
///     using var model = await UnmaskModel.OpenAsync("models/absent");
/// }
/// catch (UnmaskException error)
/// {
///     foreach (var problem in error.Problems) Console.Error.WriteLine(problem);
/// }
/// </code>
/// </example>
public sealed class UnmaskException : Exception
{
    /// <summary>An exception with these problems.</summary>
    public UnmaskException(IReadOnlyList<string> problems, Exception? innerException = null)
        : base(string.Join(Environment.NewLine, problems), innerException) => Problems = problems;

    internal UnmaskException(string problem) : this([problem])
    {
    }

    /// <summary>One sentence (or short paragraph) for each problem, in the order found.</summary>
    public IReadOnlyList<string> Problems { get; }

    /// <summary>Runs <paramref name="act"/>; what a caller can correct is thrown as this exception, everything else as it is.</summary>
    internal static T Guard<T>(Func<T> act)
    {
        try
        {
            return act();
        }
        catch (Exception fault) when (Faults.ProblemsOf(fault) is not null)
        {
            throw new UnmaskException(Faults.ProblemsOf(fault)!, fault);
        }
    }
}
