namespace Unmask.Engine.Diffusion;

/// <summary>Where positions of a padded [B, L] grid lie in the packed [N] sequence of the same rows.</summary>
public static class PackedRows
{
    /// <summary>Packed row of each position.</summary>
    /// <param name="positions">Positions as row * width + column; column below the row's length.</param>
    /// <param name="width">L.</param>
    /// <param name="lengths">[B] real tokens of each row.</param>
    /// <exception cref="InvalidOperationException">A position lies in padding that the model does not see.</exception>
    public static long[] Of(ReadOnlySpan<int> positions, int width, ReadOnlySpan<int> lengths)
    {
        var starts = new long[lengths.Length];
        for (var row = 1; row < starts.Length; row++) starts[row] = starts[row - 1] + lengths[row - 1];
        var rows = new long[positions.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            var (row, column) = Math.DivRem(positions[i], width);
            if (column >= lengths[row])
            {
                throw new InvalidOperationException($"Position {column} of row {row} is scored but the row has only {lengths[row]} visible tokens.");
            }

            rows[i] = starts[row] + column;
        }

        return rows;
    }
}
