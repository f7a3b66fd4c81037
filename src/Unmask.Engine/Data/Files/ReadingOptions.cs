namespace Unmask.Engine.Data.Files;

/// <summary>How files of rows are read.</summary>
internal sealed record ReadingOptions
{
    /// <summary>Opens a file.</summary>
    public OpenFile Open { get; init; } = RawFile.Open;

    /// <summary>Ends the reading, at the next row.</summary>
    public CancellationToken Stop { get; init; }

    /// <summary>Columns of Parquet and Arrow files that are read; null for all. Others are left out of the rows.</summary>
    public Func<string, bool>? Columns { get; init; }

    /// <summary>How plain text files are cut into rows.</summary>
    public TextUnit TextUnit { get; init; } = TextUnit.Line;

    public bool Wants(string column) => Columns is null || Columns(column);
}
