namespace Unmask.Core.Runs.Indexing;

/// <summary>A measured value.</summary>
/// <param name="Step">Optimizer steps made so far.</param>
/// <param name="Value">The value; NaN where it was none.</param>
/// <param name="Time">When it was reported, milliseconds since 1970 (UTC).</param>
public readonly record struct MetricPoint(long Step, double Value, long Time);

/// <summary>A series of measured values, by step.</summary>
/// <param name="Key">Its name, see <see cref="MetricNames"/>.</param>
/// <param name="Points">In order of step.</param>
/// <param name="IsReduced">There were more points than were asked for: of each stretch the lowest and the highest are here, so that no spike is lost.</param>
public sealed record MetricSeries(string Key, IReadOnlyList<MetricPoint> Points, bool IsReduced)
{
    /// <summary>Keeps of each of some equal stretches of steps the lowest and the highest point, and the first and the last of all.</summary>
    /// <param name="points">In order of step.</param>
    /// <param name="most">About how many to keep, at least 4.</param>
    public static IReadOnlyList<MetricPoint> Reduce(IReadOnlyList<MetricPoint> points, int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 4);
        if (points.Count <= most) return points;
        int stretches = (most - 2) / 2;
        (long first, double width) = (points[0].Step, (points[^1].Step - points[0].Step + 1) / (double)stretches);
        List<MetricPoint> kept = [points[0]];
        for (int i = 0; i < points.Count;)
        {
            int stretch = (int)((points[i].Step - first) / width);
            (int low, int high) = (i, i);
            for (; i < points.Count && (int)((points[i].Step - first) / width) == stretch; i++)
            {
                // What is no number is kept as a low point, where there is one.
                if (points[i].Value < points[low].Value || double.IsNaN(points[i].Value)) low = i;
                if (points[i].Value > points[high].Value || double.IsNaN(points[high].Value)) high = i;
            }

            foreach (int at in (ReadOnlySpan<int>)[Math.Min(low, high), Math.Max(low, high)])
            {
                if (kept[^1].Step < points[at].Step) kept.Add(points[at]);
            }
        }

        if (kept[^1].Step < points[^1].Step) kept.Add(points[^1]);
        return kept;
    }
}
