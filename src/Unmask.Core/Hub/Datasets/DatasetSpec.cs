using System.Text.RegularExpressions;

namespace Unmask.Core.Hub.Datasets;

/// <summary>One dataset of a <see cref="DatasetSpec"/>.</summary>
/// <param name="Name">A path, or its name on the Hub; null where it is written as key=value pairs.</param>
/// <param name="Pairs">The text of the pairs; null where there is a name.</param>
/// <param name="Options">What stands in brackets, in order; row limits are digits, maybe with underscores between.</param>
public sealed partial record DatasetPart(string? Name, string? Pairs, IReadOnlyDictionary<string, string> Options)
{
    /// <summary>The option that names a configuration.</summary>
    public const string ConfigKey = "name";

    /// <summary>The option that lets evaluation rows be training rows too, as the original does with a dataset of one split.</summary>
    public const string OverlapKey = "overlap";

    /// <summary>The option that keeps only rows whose answer holds a text, such as the name of a programming language.</summary>
    public const string LanguageKey = "lang";

    /// <summary>What the answers of rows must hold, letter by letter; null for anything.</summary>
    public string? Language => Options.GetValueOrDefault(LanguageKey);

    /// <summary>The configuration that is named; null for none.</summary>
    public string? Config => Options.GetValueOrDefault(ConfigKey);

    /// <summary>Do evaluation rows count among the training rows, where there is one split?</summary>
    public bool Overlaps => Options.GetValueOrDefault(OverlapKey) == "true";

    /// <summary>Row limits by split, in order.</summary>
    public IReadOnlyList<(string Split, long Rows)> Limits =>
        [.. from option in Options let limit = Limit(option.Value) where limit is not null select (option.Key, long.Parse(limit, CultureInfo.InvariantCulture))];

    /// <summary>Digits of a row limit, or null where the text is none.</summary>
    public static string? Limit(string value) => Whole().IsMatch(value) ? value.Replace("_", "", StringComparison.Ordinal) : null;

    /// <summary>
    /// Which rows of which split make up the splits that are asked for. With a single split the rows of one kind are none of another: those to evaluate on are the first,
    /// those to train on the next. With <see cref="Overlaps"/> each takes the first ones, as the original does.
    /// </summary>
    /// <param name="splits">Splits that the dataset has.</param>
    /// <param name="train">Name of the split to train on.</param>
    /// <returns>For each split: which one its rows are of, how many are passed over, how many are taken (null for all).</returns>
    public IReadOnlyList<(string Split, string Source, long Skip, long? Take)> RowsOf(IReadOnlyCollection<string> splits, string train)
    {
        if (Limits.Count == 0) return [.. splits.Select(split => (split, split, 0L, (long?)null))];
        if (splits.Count > 1) return [.. splits.Select(split => (split, split, 0L, Limits.Where(limit => limit.Split == split).Select(limit => (long?)limit.Rows).FirstOrDefault()))];
        string only = splits.Single();
        long passed = 0;
        List<(string, string, long, long?)> rows = [];
        foreach (var (split, count) in Limits.OrderBy(limit => limit.Split == train))
        {
            rows.Add((split, only, Overlaps ? 0 : passed, count));
            passed += count;
        }

        return rows;
    }

    /// <summary>As it is written.</summary>
    public override string ToString() => (Name ?? Pairs) + (Options.Count == 0 ? "" : $"[{string.Join(',', Options.Select(option => $"{option.Key}:{option.Value}"))}]");

    [GeneratedRegex(@"^\d+(_\d+)*$", RegexOptions.CultureInvariant)]
    private static partial Regex Whole();
}

/// <summary>dllm's little language for datasets: <c>a/b[train:1_000,test:100]+c/d[name:x]</c>.</summary>
public static class DatasetSpec
{
    /// <summary>Is it more than a bare path or name?</summary>
    public static bool IsSpec(string text) => text.AsSpan().IndexOfAny('+', '|') >= 0 || Bracket(text.Trim()) >= 0;

    /// <summary>Takes it apart.</summary>
    /// <exception cref="FormatException">An entry in brackets has no colon; the message is a clause about it.</exception>
    public static IReadOnlyList<DatasetPart> Parse(string text) => [.. text.Split('+', '|').Select(part => part.Trim()).Where(part => part.Length > 0).Select(Part)];

    /// <summary>Takes it apart, for somebody who wants every part to be a dataset that can be read.</summary>
    /// <exception cref="UserError">It cannot be read, or asks for what is not there.</exception>
    public static IReadOnlyList<DatasetPart> Read(string text)
    {
        IReadOnlyList<DatasetPart> parts;
        try
        {
            parts = Parse(text);
        }
        catch (FormatException wrong)
        {
            throw new UserError($"The dataset \"{text}\" cannot be read: {wrong.Message}. Write name[train:1000,test:100], and join several with +.");
        }

        List<string> problems = [];
        if (parts.Count == 0) problems.Add($"The dataset \"{text}\" names nothing; write a path, or owner/name of the Hub.");
        foreach (var part in parts)
        {
            if (part.Name is not { Length: > 0 }) problems.Add($"\"{part}\" names no dataset; write its path, or owner/name of the Hub, before the brackets.");
            foreach (var (key, value) in part.Options)
            {
                bool known = key is DatasetPart.ConfigKey or DatasetPart.LanguageKey || (key is DatasetPart.OverlapKey && value is "true" or "false") || DatasetPart.Limit(value) is { Length: < 19 };
                if (!known) problems.Add($"{key}:{value} of \"{part}\" is not understood; in brackets stand row limits such as train:1000, name:CONFIGURATION, lang:WORD for rows whose output holds that word, and overlap:true.");
            }
        }

        UserError.ThrowIfAny(problems);
        return parts;
    }

    /// <summary>The same with other names.</summary>
    /// <param name="text">A specification; what cannot be read is given back as it is.</param>
    /// <param name="name">What a name becomes.</param>
    public static string Renamed(string text, Func<string, string> name)
    {
        try
        {
            return string.Join('+', Parse(text).Select(part => part.Name is { Length: > 0 } old ? part with { Name = name(old) } : part));
        }
        catch (FormatException)
        {
            return text;
        }
    }

    private static DatasetPart Part(string text)
    {
        int bracket = Bracket(text);
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        if (bracket >= 0)
        {
            foreach (var entry in text[(bracket + 1)..^1].Split(',').Select(entry => entry.Trim()).Where(entry => entry.Length > 0))
            {
                var colon = entry.IndexOf(':', StringComparison.Ordinal);
                if (colon < 0) throw new FormatException($"\"{entry}\" in its brackets is not of the form key:value");
                options[entry[..colon].Trim()] = entry[(colon + 1)..].Trim();
            }
        }

        var name = (bracket >= 0 ? text[..bracket] : text).Trim();
        return name.Contains('=', StringComparison.Ordinal) ? new DatasetPart(null, name, options) : new DatasetPart(name, null, options);
    }

    /// <summary>Where the brackets begin that close at the very end; -1 where none do: brackets inside a path belong to the path.</summary>
    private static int Bracket(string text) => text.EndsWith(']') ? text.IndexOf('[', StringComparison.Ordinal) : -1;
}
