using System.Text.Json.Nodes;

namespace Unmask.Engine.Data.Files.Readers;

/// <summary>How files of rows are read.</summary>
internal sealed record ReadingOptions
{
    /// <summary>Opens a file.</summary>
    public OpenFile Open { get; init; } = RawFile.Open;

    /// <summary>Ends the reading, at the next row.</summary>
    public CancellationToken Stop { get; init; }

    /// <summary>Columns of Parquet and Arrow files that are read; null for all.</summary>
    public Func<string, bool>? Columns { get; init; }

    /// <summary>Columns that are not read stand in the rows with null; otherwise they are left out.</summary>
    public bool NamesAll { get; init; }

    public bool Wants(string column) => Columns is null || Columns(column);

    /// <summary>A row of a table, before its values are read.</summary>
    public OrderedDictionary<string, JsonNode?> RowOf(IReadOnlyList<string> columns)
    {
        var row = new OrderedDictionary<string, JsonNode?>(columns.Count);
        if (NamesAll) foreach (var column in columns) row[column] = null;
        return row;
    }
}
