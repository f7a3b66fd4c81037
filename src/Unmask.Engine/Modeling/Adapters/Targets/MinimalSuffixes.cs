namespace Unmask.Engine.Modeling.Adapters.Targets;

/// <summary>How peft shortens a long list of targets before it writes it: the fewest endings of paths that mean no other module.</summary>
internal static class MinimalSuffixes
{
    /// <summary>Lists shorter than this are written as they are (peft: MIN_TARGET_MODULES_FOR_OPTIMIZATION).</summary>
    private const int ShortestList = 20;

    /// <summary>The names to write for <paramref name="targets"/>, in the order of their letters.</summary>
    /// <param name="targets">Paths or ends of paths of the adapted modules.</param>
    /// <param name="others">Paths of modules that must not be meant.</param>
    public static IReadOnlyList<string> Of(IReadOnlyCollection<string> targets, IReadOnlyCollection<string> others)
    {
        var shortened = targets.Count < ShortestList ? targets : Shorten(targets, others);
        return [.. (shortened.Count < targets.Count ? shortened : targets).Order(StringComparer.Ordinal)];
    }

    private static HashSet<string> Shorten(IReadOnlyCollection<string> targets, IReadOnlyCollection<string> others)
    {
        var foreign = others.SelectMany(Suffixes).ToHashSet(StringComparer.Ordinal);
        var kept = new HashSet<string>(StringComparer.Ordinal);
        // peft sorts the lists of suffixes, which is the order of the paths' parts from the last to the first.
        foreach (var target in targets.Order(Comparer<string>.Create(CompareFromTheEnd)))
        {
            if (kept.Any(suffix => target.EndsWith("." + suffix, StringComparison.Ordinal))) continue;
            if (Suffixes(target).FirstOrDefault(suffix => !kept.Contains(suffix) && !foreign.Contains(suffix)) is { } shortest) kept.Add(shortest);
        }

        return kept;
    }

    private static int CompareFromTheEnd(string a, string b) =>
        Suffixes(a).Zip(Suffixes(b), string.CompareOrdinal).FirstOrDefault(order => order != 0, a.Count(c => c == '.') - b.Count(c => c == '.'));

    /// <summary>d, c.d, b.c.d, a.b.c.d of a.b.c.d.</summary>
    private static IEnumerable<string> Suffixes(string path)
    {
        for (var at = path.LastIndexOf('.'); at >= 0; at = at == 0 ? -1 : path.LastIndexOf('.', at - 1)) yield return path[(at + 1)..];
        yield return path;
    }
}
