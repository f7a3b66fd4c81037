namespace Unmask.Engine.Training.Evaluation;

/// <summary>Levenshtein distance between sequences of symbols, and the error rates made from it.</summary>
public static class EditDistance
{
    /// <summary>Fewest insertions, deletions and substitutions that turn <paramref name="a"/> into <paramref name="b"/>.</summary>
    public static int Between<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b) where T : IEquatable<T>
    {
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++) row[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var substituted = diagonal + (a[i - 1].Equals(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }

    /// <summary>
    /// Symbol error rate (summed distance over summed length of the right answers) and share of exact answers. Symbols are the
    /// words between blanks.
    /// </summary>
    public static (double ErrorRate, double Exact) Score(IReadOnlyList<(string Written, string Right)> answers)
    {
        long distance = 0, length = 0, exact = 0;
        foreach (var (written, right) in answers)
        {
            var (a, b) = (Symbols(written), Symbols(right));
            var d = Between<string>(a, b);
            distance += d;
            length += b.Length;
            if (d == 0) exact++;
        }

        return ((double)distance / Math.Max(1, length), (double)exact / Math.Max(1, answers.Count));
    }

    private static string[] Symbols(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
