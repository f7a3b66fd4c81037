using System.Text;

namespace Unmask.Cli.Views.Training;

/// <summary>A curve of one line of text.</summary>
public static class Sparkline
{
    private const string Blocks = "▁▂▃▄▅▆▇█";

    /// <summary>Draws <paramref name="values"/> at most <paramref name="width"/> characters wide, from the lowest to the highest; each character is the mean of its share of them.</summary>
    public static string Draw(IReadOnlyList<double> values, int width)
    {
        double[] finite = [.. values.Where(double.IsFinite)];
        if (finite.Length == 0 || width <= 0) return "";

        var columns = Math.Min(width, finite.Length);
        var means = new double[columns];
        for (var column = 0; column < columns; column++)
        {
            var from = column * finite.Length / columns;
            var to = (column + 1) * finite.Length / columns;
            means[column] = finite[from..to].Average();
        }

        var (lowest, span) = (means.Min(), means.Max() - means.Min());
        var line = new StringBuilder(columns);
        foreach (var mean in means)
        {
            line.Append(Blocks[span > 0 ? Math.Min(Blocks.Length - 1, (int)((mean - lowest) / span * Blocks.Length)) : 0]);
        }

        return line.ToString();
    }
}
