using Unmask.Engine.Data.Rows.Values;

namespace Unmask.Engine.Data.Preparation;

/// <summary>A row as tokens.</summary>
/// <param name="Ids">Token ids, prompt first.</param>
/// <param name="PromptLength">Leading tokens that are never masked nor scored.</param>
/// <param name="Rule">Name of the rule by which the row was understood, for the report.</param>
public sealed record EncodedRow(int[] Ids, int PromptLength, string Rule)
{
    /// <summary>Why the row is whole and yet not to be learned; null where it is. It has no tokens then.</summary>
    public string? LeftOut { get; init; }
}

/// <summary>Turns a row into tokens. Called from several threads at once.</summary>
/// <exception cref="UserError">The row cannot be understood: it is counted and told as a bad line.</exception>
public delegate EncodedRow RowEncoder(Row row);

/// <summary>Makes the encoder for a dataset, after a look at its first rows: their columns tell how the rows are to be understood.</summary>
/// <param name="firstRows">Up to <see cref="DataPreparation.RowsLookedAt"/> rows from the start, at least one.</param>
/// <exception cref="UserError">No way to understand such rows is known, or the settings name columns that are not there.</exception>
public delegate RowEncoder RowEncoderFactory(IReadOnlyList<Row> firstRows);
