namespace Unmask.Cli.Shell;

/// <summary>Finds the word that was probably meant.</summary>
public static class Spelling
{
    /// <summary>The known words nearest to <paramref name="typed"/>, best first: at most three, and none that is far off.</summary>
    public static IReadOnlyList<string> Nearest(string typed, IEnumerable<string> known) =>
    [
        .. known.Distinct()
            .Select(word => (word, distance: Distance(typed, word)))
            .Where(candidate => candidate.distance <= Math.Max(1, candidate.word.Length / 3) || IsBeginning(typed, candidate.word))
            .OrderBy(candidate => candidate.distance)
            .ThenBy(candidate => candidate.word, StringComparer.Ordinal)
            .Select(candidate => candidate.word)
            .Take(3),
    ];

    /// <summary>
    /// Edits (insertion, deletion, substitution, swap of neighbours) that turn one word into the other, capitals aside:
    /// optimal string alignment.
    /// </summary>
    public static int Distance(string from, string to)
    {
        var (a, b) = (from.ToLowerInvariant(), to.ToLowerInvariant());
        var cost = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) cost[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) cost[0, j] = j;

        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var substitution = cost[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                cost[i, j] = Math.Min(substitution, Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
                }
            }
        }

        return cost[a.Length, b.Length];
    }

    private static bool IsBeginning(string typed, string word) => typed.Length >= 3 && word.StartsWith(typed, StringComparison.OrdinalIgnoreCase);
}
