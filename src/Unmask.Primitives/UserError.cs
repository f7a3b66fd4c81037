namespace Unmask.Primitives;

/// <summary>
/// Something the user can mend: a setting, a file, a missing piece. Carries every problem found, each a full sentence with
/// the value and the way out. The program prints the sentences and exits with code 2; no stack trace is shown.
/// </summary>
public sealed class UserError : Exception
{
    public UserError(string problem) : this((string[])[Excerpt.Sentence(problem)])
    {
    }

    public UserError(IReadOnlyList<string> problems) : this([.. problems.Select(Excerpt.Sentence)])
    {
    }

    private UserError(string[] problems) : base(string.Join(Environment.NewLine, problems)) => Problems = problems;

    /// <summary>One sentence (or short paragraph) for each problem, in the order found.</summary>
    public IReadOnlyList<string> Problems { get; }

    /// <summary>Throws one error with all <paramref name="problems"/>, or does nothing when there are none.</summary>
    public static void ThrowIfAny(IReadOnlyList<string> problems)
    {
        if (problems.Count > 0) throw new UserError(problems);
    }
}
