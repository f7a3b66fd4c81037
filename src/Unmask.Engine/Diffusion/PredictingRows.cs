namespace Unmask.Engine.Diffusion;

/// <summary>Where in the packed sequence of a batch the hidden states lie that predict its scored positions.</summary>
/// <param name="Rows_S">Packed row for each scored position, [S].</param>
/// <param name="BlindIds">
/// Ids of tokens to put behind the sequences: padding that predicts something. Such a token attends to nothing, so equal ids have equal hidden
/// states and one of each is enough.
/// </param>
public sealed record PredictingRows(long[] Rows_S, IReadOnlyList<int> BlindIds)
{
    /// <summary>The rows of a batch: the scored positions themselves, or with shifted logits the positions before them.</summary>
    /// <param name="noised">The batch; its padding is not seen.</param>
    /// <param name="takesBlind">Whether the model can be given padding that sees nothing.</param>
    /// <exception cref="InvalidOperationException">A position in padding must predict, and the model does not take blind tokens.</exception>
    public static PredictingRows Of(NoisedBatch noised, bool takesBlind)
    {
        var (width, lengths) = (noised.Clean.Width, noised.Clean.Lengths);
        var starts = new long[lengths.Length + 1];
        for (var row = 0; row < lengths.Length; row++) starts[row + 1] = starts[row] + lengths[row];
        var rows = new long[noised.ScoredPositions.Length];
        var blind = new List<int>();
        for (var i = 0; i < rows.Length; i++)
        {
            var (row, column) = Math.DivRem(noised.ScoredPositions[i], width);
            if (noised.ShiftsLogits && column > 0) column--;
            if (column < lengths[row])
            {
                rows[i] = starts[row] + column;
                continue;
            }

            if (!takesBlind) throw new InvalidOperationException($"Position {column} of row {row} is to predict a token but the row has only {lengths[row]} visible tokens.");
            var id = noised.NoisedIds[row * width + column];
            var known = blind.IndexOf(id);
            if (known < 0)
            {
                known = blind.Count;
                blind.Add(id);
            }

            rows[i] = starts[^1] + known;
        }

        return new PredictingRows(rows, blind);
    }
}
