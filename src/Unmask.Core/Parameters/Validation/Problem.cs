namespace Unmask.Core.Parameters.Validation;

/// <summary>Whether a problem blocks the run.</summary>
public enum Severity
{
    Warning,
    Error,
}

/// <summary>Something wrong or doubtful about the settings.</summary>
/// <param name="Severity">Errors block the run, warnings do not.</param>
/// <param name="Setting">Name of the setting to change; null when it concerns the recipe as a whole.</param>
/// <param name="Sentence">What is wrong, the value, what is allowed, what to do.</param>
public sealed record Problem(Severity Severity, string? Setting, string Sentence)
{
    /// <summary>What is wrong, the value, what is allowed, what to do.</summary>
    public string Sentence { get; init; } = Excerpt.Sentence(Sentence);

    public static Problem Error(string? setting, string sentence) => new(Severity.Error, setting, sentence);

    public static Problem Warning(string? setting, string sentence) => new(Severity.Warning, setting, sentence);
}
