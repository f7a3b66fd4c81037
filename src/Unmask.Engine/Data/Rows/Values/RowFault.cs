namespace Unmask.Engine.Data.Rows.Values;

/// <summary>A row does not hold what its rule needs; becomes <see cref="ConvertedRow.Problem"/>.</summary>
internal sealed class RowFault(string sentence) : Exception(sentence);
