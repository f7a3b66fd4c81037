using System.Text;

namespace Unmask.Core.Storage;

/// <summary>Names that are safe as parts of paths and addresses: small letters, digits and dashes.</summary>
public static class Slug
{
    private const int Longest = 60;

    /// <summary>The slug of a title; <paramref name="instead"/> where no letter of it can stay.</summary>
    public static string Of(string title, string instead)
    {
        var slug = new StringBuilder();
        foreach (char letter in title.ToLowerInvariant())
        {
            if (char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter)) slug.Append(letter);
            else if (slug.Length > 0 && slug[^1] != '-') slug.Append('-');
        }

        string trimmed = slug.ToString().Trim('-');
        return trimmed.Length == 0 ? instead : trimmed[..Math.Min(trimmed.Length, Longest)].TrimEnd('-');
    }

    /// <summary>The first of NAME, NAME-2, NAME-3... that is free.</summary>
    public static string Free(string name, Func<string, bool> taken)
    {
        for (int number = 1; ; number++)
        {
            string candidate = number == 1 ? name : FormattableString.Invariant($"{name}-{number}");
            if (!taken(candidate)) return candidate;
        }
    }

    /// <summary>Can this be the name of something made by <see cref="Of"/>? Whatever a browser sends is asked this before it becomes part of a path.</summary>
    public static bool Is(string text) => text.Length is > 0 and <= 100 && char.IsAsciiLetterOrDigit(text[0]) && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');
}
