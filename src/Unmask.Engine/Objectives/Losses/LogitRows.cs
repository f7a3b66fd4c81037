using Unmask.Engine.Modeling.Sequences;

namespace Unmask.Engine.Objectives.Losses;

/// <summary>A token behind the sequences: padding that predicts something.</summary>
/// <param name="Row">The row of the batch that it was made for.</param>
/// <param name="Id">Its id.</param>
public readonly record struct BlindToken(int Row, int Id);

/// <summary>Where in the packed sequence of a batch the hidden states lie that predict its scored positions.</summary>
/// <param name="Rows_S">Packed row for each scored position, [S].</param>
/// <param name="Blind">
/// Tokens to put behind the sequences. They attend to nothing, so equal ids have equal hidden states and one of each is enough; where units are
/// dropped, one of each for every row.
/// </param>
public sealed record LogitRows(long[] Rows_S, IReadOnlyList<BlindToken> Blind)
{
    /// <summary>Names [N] of the tokens of the batch and of the blind ones behind them; null where no units are dropped.</summary>
    public TokenKey[]? DropoutKeys_N(NoisedBatch noised)
    {
        if (noised.DropoutKeys is not { } rowKeys) return null;
        var lengths = noised.Clean.Lengths;
        var ofSequences = Enumerable.Range(0, lengths.Length).SelectMany(row => Enumerable.Range(0, lengths[row]).Select(position => new TokenKey(rowKeys[row], (uint)position)));
        return [.. ofSequences, .. Blind.Select(token => TokenKey.Blind(rowKeys[token.Row], token.Id))];
    }

    /// <summary>The rows of a batch: the scored positions themselves, or with shifted logits the positions before them.</summary>
    /// <param name="noised">The batch; its padding is not seen.</param>
    /// <param name="takesBlind">Whether the model can be given padding that sees nothing.</param>
    /// <exception cref="InvalidOperationException">A position in padding must predict, and the model does not take blind tokens.</exception>
    public static LogitRows Of(NoisedBatch noised, bool takesBlind)
    {
        var (width, lengths) = (noised.Clean.Width, noised.Clean.Lengths);
        var starts = new long[lengths.Length + 1];
        for (var row = 0; row < lengths.Length; row++) starts[row + 1] = starts[row] + lengths[row];
        var rows = new long[noised.ScoredPositions.Length];
        var blind = new List<BlindToken>();
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
            var token = new BlindToken(noised.DropoutKeys is null ? 0 : row, noised.NoisedIds[row * width + column]);
            var known = blind.IndexOf(token);
            if (known < 0)
            {
                known = blind.Count;
                blind.Add(token);
            }

            rows[i] = starts[^1] + known;
        }

        return new LogitRows(rows, blind);
    }
}
