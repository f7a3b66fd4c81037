using System.Text.RegularExpressions;

namespace Unmask.Core.Parameters.Import;

/// <summary>One data set of dllm's <c>dataset_args</c>.</summary>
/// <param name="Name">Path or name on the Hub; null where it is written as key=value pairs.</param>
/// <param name="Pairs">The text of the pairs; null where there is a name.</param>
/// <param name="Options">What stands in brackets, in order; row limits are digits.</param>
internal sealed partial record DatasetPart(string? Name, string? Pairs, IReadOnlyDictionary<string, string> Options)
{
    /// <summary>Row limit of a split, or null.</summary>
    public static string? Limit(string value) => Whole().IsMatch(value) ? value.Replace("_", "", StringComparison.Ordinal) : null;

    [GeneratedRegex(@"^\d+(_\d+)*$", RegexOptions.CultureInvariant)]
    private static partial Regex Whole();
}

/// <summary>Reads dllm's little language for data sets: <c>a/b[train:1_000,test:100]+c/d[name:x]</c>.</summary>
internal static partial class DatasetArgs
{
    /// <exception cref="FormatException">An entry in brackets has no colon; the message is a clause about it.</exception>
    public static IReadOnlyList<DatasetPart> Parse(string text) => [.. text.Split('+', '|').Select(part => part.Trim()).Where(part => part.Length > 0).Select(Part)];

    private static DatasetPart Part(string text)
    {
        var bracket = Bracket().Match(text);
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        if (bracket.Success)
        {
            foreach (var entry in bracket.Groups[2].Value.Split(',').Select(entry => entry.Trim()).Where(entry => entry.Length > 0))
            {
                var colon = entry.IndexOf(':', StringComparison.Ordinal);
                if (colon < 0) throw new FormatException($"\"{entry}\" in its brackets is not of the form key:value");
                options[entry[..colon].Trim()] = entry[(colon + 1)..].Trim();
            }
        }

        var name = (bracket.Success ? bracket.Groups[1].Value : text).Trim();
        return name.Contains('=', StringComparison.Ordinal) ? new DatasetPart(null, name, options) : new DatasetPart(name, null, options);
    }

    /// <summary>From the first bracket to one at the very end: brackets inside a path belong to the path only where nothing closes at the end.</summary>
    [GeneratedRegex(@"^(.*?)\[(.*)\]$", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Bracket();
}
