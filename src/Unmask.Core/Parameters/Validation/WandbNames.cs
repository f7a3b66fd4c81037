namespace Unmask.Core.Parameters.Validation;

/// <summary>
/// What Weights &amp; Biases takes as the name of a project, an entity, a run, a group or a tag. Its client refuses other names when a run begins or, offline, when it is uploaded; here it is
/// found before the run. Source: the checks of the official client (wandb 0.19 and later).
/// </summary>
public static class WandbNames
{
    private const string Reserved = "/\\#?%:";
    private const int LongestName = 128;
    private const int LongestTag = 64;

    /// <summary>What is wrong with a project's name; null for nothing.</summary>
    /// <param name="setting">The setting or variable that it comes from.</param>
    /// <param name="value">The name.</param>
    public static string? Project(string setting, string value) => Name(setting, value) ?? Characters(setting, value);

    /// <summary>What is wrong with the name of a person or team, which is part of addresses; null for nothing.</summary>
    /// <inheritdoc cref="Project"/>
    public static string? Entity(string setting, string value) => Name(setting, value) ?? Characters(setting, value)
        ?? (value.Trim().Any(char.IsWhiteSpace) ? $"{setting} is \"{value}\"; a Weights & Biases user or team name has no spaces. Copy the name from the address of the project page." : null);

    /// <summary>What is wrong with the name of a run, of a group or of a kind of work; null for nothing.</summary>
    /// <inheritdoc cref="Project"/>
    public static string? Name(string setting, string value) =>
        string.IsNullOrWhiteSpace(value) ? $"{setting} is empty. It must have 1 to {LongestName} characters, or be unset."
        : value.Trim().Length > LongestName ? $"{setting} has {value.Trim().Length} characters; Weights & Biases accepts at most {LongestName}."
        : value.Trim().Any(char.IsControl) ? $"{setting} contains a line break or another control character, which Weights & Biases rejects. Write one line of text."
        : null;

    /// <summary>What is wrong with a tag; null for nothing.</summary>
    /// <inheritdoc cref="Project"/>
    public static string? Tag(string setting, string value) =>
        string.IsNullOrWhiteSpace(value) ? $"{setting} has an empty tag. A tag must have 1 to {LongestTag} characters."
        : value.Length > LongestTag ? $"{setting} has a tag of {value.Length} characters, \"{value[..20]}...\"; Weights & Biases accepts at most {LongestTag}."
        : value.Any(char.IsControl) ? $"{setting} has a tag with a line break or another control character, which Weights & Biases rejects."
        : null;

    private static string? Characters(string setting, string value) => value.AsSpan().IndexOfAny(Reserved) < 0
        ? null
        : $"{setting} is \"{value}\". It must not hold any of / \\ # ? % : which Weights & Biases rejects. Use letters, digits, dashes, dots and underscores.";
}
