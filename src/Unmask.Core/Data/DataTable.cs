using System.Text.Json.Nodes;

namespace Unmask.Core.Data;

/// <summary>Some rows of a dataset as they lie in its files.</summary>
/// <param name="Rows">The rows.</param>
/// <param name="Next">Offset to go on from; null where there are no more rows.</param>
/// <param name="BadLines">Records among these rows that could not be read.</param>
public sealed record DataTable(IReadOnlyList<TableRow> Rows, long? Next, IReadOnlyList<BadLine> BadLines);

/// <summary>A row.</summary>
/// <param name="Index">Its place among all rows, from 0.</param>
/// <param name="File">Its file.</param>
/// <param name="Line">Line on which it begins, from 1; in Parquet and Arrow files the number of the row.</param>
/// <param name="Cells">Its values, by column.</param>
public sealed record TableRow(long Index, string File, long Line, IReadOnlyDictionary<string, TableCell> Cells);

/// <summary>A value.</summary>
/// <param name="Value">The value; long texts are cut, also those inside it. Null for null.</param>
/// <param name="Cut">Whether something was cut.</param>
public sealed record TableCell(JsonNode? Value = null, bool Cut = false);
