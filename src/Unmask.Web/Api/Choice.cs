namespace Unmask.Web.Api;

/// <summary>A word of an address that is one of a few.</summary>
internal static class Choice
{
    /// <summary>What it stands for, in capitals or not.</summary>
    /// <exception cref="UserError">It is none of them.</exception>
    public static T Of<T>(string name, string word)
        where T : struct, Enum =>
        Enum.GetNames<T>().FirstOrDefault(known => known.Equals(word, StringComparison.OrdinalIgnoreCase)) is { } found ? Enum.Parse<T>(found)
            : throw new UserError($"{name} is {word}; use {string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant()}.");
}
