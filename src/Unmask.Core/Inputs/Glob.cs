using System.Text;
using System.Text.RegularExpressions;

namespace Unmask.Core.Inputs;

/// <summary>Patterns of file names. Matching takes time linear in the name, whoever wrote the pattern.</summary>
public static partial class Glob
{
    /// <summary>The longest pattern, in characters.</summary>
    public const int Length = 1024;

    /// <summary>As dataset cards mean it: <c>*</c> stays in one folder, <c>**</c> does not; the name of a folder means what is in it.</summary>
    /// <exception cref="UserError">The pattern is too long, or none.</exception>
    public static Regex OfPaths(string pattern)
    {
        string bare = pattern.StartsWith("./", StringComparison.Ordinal) ? pattern[2..] : pattern;
        var text = new StringBuilder("^");
        foreach (Match piece in Pieces().Matches(Bounded(bare.TrimEnd('/'))))
        {
            text.Append(piece.Value switch
            {
                "**/" => "(?:.*/)?",
                "**" => ".*",
                "*" => "[^/]*",
                "?" => "[^/]",
                ['[', .. var set, ']'] => Set(set, exceptSlash: true),
                var plain => Regex.Escape(plain),
            });
        }

        return Linear(text.Append("(?:/.*)?$").ToString(), pattern);
    }

    /// <summary>As Python's fnmatch means it: <c>*</c> is any text; a pattern that ends in a slash means the whole folder.</summary>
    /// <exception cref="UserError">The pattern is too long, or none.</exception>
    public static Regex OfNames(string pattern)
    {
        string whole = Bounded(pattern.EndsWith('/') ? pattern + "*" : pattern);
        var text = new StringBuilder("^");
        for (int i = 0; i < whole.Length; i++)
        {
            // A bracket right after the opening one (or after !) belongs to the set.
            int from = i + 1 < whole.Length && whole[i + 1] == '!' ? i + 3 : i + 2;
            int end = whole[i] == '[' && from < whole.Length ? whole.IndexOf(']', from) : -1;
            if (end > 0)
            {
                text.Append(Set(whole[(i + 1)..end], exceptSlash: false));
                i = end;
            }
            else
            {
                text.Append(whole[i] switch { '*' => ".*", '?' => ".", _ => Regex.Escape(whole[i].ToString()) });
            }
        }

        return Linear(text.Append('$').ToString(), pattern);
    }

    /// <summary>One character of a set such as <c>a-z</c> or <c>!0-9</c>.</summary>
    private static string Set(string set, bool exceptSlash)
    {
        bool negated = set[0] == '!';
        var inside = new StringBuilder();
        string bare = negated ? set[1..] : set;
        for (int i = 0; i < bare.Length; i++)
        {
            bool range = i + 2 < bare.Length && bare[i + 1] == '-';
            if (!range)
            {
                inside.Append(Escaped(bare[i]));
                continue;
            }

            // A range that runs backwards matches nothing, as in Python.
            if (bare[i] <= bare[i + 2]) inside.Append(Escaped(bare[i])).Append('-').Append(Escaped(bare[i + 2]));
            i += 2;
        }

        if (negated) return $"[^{inside}{(exceptSlash ? "/" : "")}{(inside.Length == 0 && !exceptSlash ? "\\uFFFF" : "")}]";
        return inside.Length == 0 ? "[^\\u0000-\\uFFFF]" : $"[{inside}]";
    }

    private static string Escaped(char letter) => $"\\u{(int)letter:X4}";

    private static string Bounded(string pattern) => pattern.Length <= Length
        ? pattern
        : throw new UserError($"A pattern of file names has {pattern.Length} characters; at most {Length} are allowed. It begins with {pattern[..40]}.");

    private static Regex Linear(string text, string pattern)
    {
        try
        {
            return new Regex(text, RegexOptions.CultureInvariant | RegexOptions.Singleline | RegexOptions.NonBacktracking);
        }
        catch (NotSupportedException)
        {
            throw new UserError($"The pattern of file names {pattern[..Math.Min(pattern.Length, 40)]} has too many parts. Give several shorter ones.");
        }
    }

    [GeneratedRegex(@"\*\*/|\*\*|\*|\?|\[[^\]/]+\]|[^*?\[]+|\[", RegexOptions.CultureInvariant)]
    private static partial Regex Pieces();
}
