namespace Unmask.Engine.Training.Parallel;

/// <summary>Which rows each of several processes computes.</summary>
public static class RowShares
{
    /// <summary>
    /// Deals rows out so that every process has as many as any other, give or take one, and about as many tokens: from the longest row to the shortest, to
    /// and fro. One process has all of them, in their order.
    /// </summary>
    /// <param name="lengths">Tokens of each row.</param>
    /// <param name="processes">How many processes, at least 1.</param>
    /// <returns>For each process the places of its rows, ascending.</returns>
    public static int[][] Deal(IReadOnlyList<int> lengths, int processes)
    {
        var shares = Enumerable.Range(0, processes).Select(_ => new List<int>()).ToArray();
        var place = 0;
        foreach (var row in Enumerable.Range(0, lengths.Count).OrderByDescending(row => lengths[row]))
        {
            var (round, at) = Math.DivRem(place++, processes);
            shares[round % 2 == 0 ? at : processes - 1 - at].Add(row);
        }

        return [.. shares.Select(share => share.Order().ToArray())];
    }

    /// <summary>Cuts rows into runs of like size, none above <paramref name="most"/>.</summary>
    public static IEnumerable<int[]> Cut(int[] rows, int most)
    {
        if (rows.Length == 0) return [];
        var parts = (rows.Length + most - 1) / most;
        return rows.Chunk((rows.Length + parts - 1) / parts);
    }
}
