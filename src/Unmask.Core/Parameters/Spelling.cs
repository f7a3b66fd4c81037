namespace Unmask.Core.Parameters;

/// <summary>Finds what a misspelled word was meant to be.</summary>
public static class Spelling
{
    /// <summary>The candidate with the fewest changed letters; null when more than a third of the letters would change.</summary>
    public static string? Nearest(string misspelled, IEnumerable<string> candidates)
    {
        string word = Plain(misspelled);
        (string? best, int distance) = (null, int.MaxValue);
        foreach (string candidate in candidates)
        {
            int changes = Distance(word, Plain(candidate));
            if (changes < distance) (best, distance) = (candidate, changes);
        }

        return distance <= Math.Max(1, misspelled.Length / 3) ? best : null;
    }

    private static string Plain(string word) => word.ToLowerInvariant().Replace('-', '_');

    /// <summary>Letters to insert, delete, replace, or swap with a neighbor.</summary>
    private static int Distance(string a, string b)
    {
        var cost = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++) cost[i, 0] = i;
        for (int j = 0; j <= b.Length; j++) cost[0, j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                cost[i, j] = Math.Min(Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1, cost[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
            }
        }

        return cost[a.Length, b.Length];
    }
}
