using Unmask.Core.Data;
using Unmask.Engine.Data.Rows.Values;

namespace Unmask.Engine.Data.Files.Readers;

/// <summary>
/// Reads rows from files of any known form, one after another, with memory bounded by the largest row (in Parquet files by a page of each column, in Arrow files by the largest record batch).
/// </summary>
/// <param name="TextUnit">How plain text files are cut into rows.</param>
public sealed record RowReader(TextUnit TextUnit = TextUnit.Line)
{
    /// <summary>Memory that first rows may take.</summary>
    private const long FirstBytes = 256 << 20;

    /// <summary>Called with the number of bytes of each read from a file; what it throws ends the reading.</summary>
    public Action<int>? Passed { get; init; }

    /// <summary>Ends the reading, at the next row or read.</summary>
    public CancellationToken Stop { get; init; }

    /// <summary>Columns of Parquet and Arrow files that are read; null for all. Others are left out of the rows, whatever their type.</summary>
    public Func<string, bool>? Columns { get; init; }

    /// <summary>Columns that are not read stand in the rows with null; otherwise they are left out.</summary>
    private bool NamesAll { get; init; }

    /// <summary>Opens files in another way, for tests; null for those of the disk.</summary>
    internal OpenFile? Source { get; init; }

    /// <summary>The rows of all <paramref name="files"/> in order.</summary>
    /// <param name="files">Files to read.</param>
    /// <param name="report">Told of each record that could not be used.</param>
    /// <exception cref="UserError">A file cannot be opened, or is damaged so that reading cannot go on.</exception>
    public IEnumerable<Row> Read(IEnumerable<DataFile> files, Action<BadLine> report)
    {
        var shares = new RowShares();
        foreach (var file in files)
        {
            if (shares.IsPast(file)) continue;
            foreach (var row in Read(file, report))
            {
                if (!file.Means(row)) continue;
                if (shares.Takes(file)) yield return row;
                if (shares.IsPast(file)) break;
            }
        }
    }

    /// <summary>The first rows of <paramref name="files"/>: as many as are asked for, or fewer where they are very large. They have the names of all columns, also of those that are not read.</summary>
    /// <inheritdoc cref="Read(IEnumerable{DataFile}, Action{BadLine})"/>
    public List<Row> First(IEnumerable<DataFile> files, int count, Action<BadLine>? report = null)
    {
        var rows = new List<Row>();
        var bytes = 0L;
        foreach (var row in (this with { NamesAll = true }).Read(files, report ?? (static _ => { })))
        {
            rows.Add(row);
            if (rows.Count == count || (bytes += RowSize.Of(row)) > FirstBytes) break;
        }

        return rows;
    }

    /// <summary>The rows of one file, whatever its share.</summary>
    /// <inheritdoc cref="Read(IEnumerable{DataFile}, Action{BadLine})"/>
    public IEnumerable<Row> Read(DataFile file, Action<BadLine> report)
    {
        Row? last = null;
        using var rows = Guard(file, last, () => Open(file, report).GetEnumerator());
        while (Guard(file, last, rows.MoveNext))
        {
            Stop.ThrowIfCancellationRequested();
            last = rows.Current;
            yield return last;
        }
    }

    private IEnumerable<Row> Open(DataFile file, Action<BadLine> report)
    {
        var open = RawFile.Metered(Source ?? RawFile.Open, bytes =>
        {
            Stop.ThrowIfCancellationRequested();
            Passed?.Invoke(bytes);
        });
        var options = new ReadingOptions { Open = open, Stop = Stop, Columns = Columns is { } wanted ? column => wanted(column) || file.ChoosesBy(column) : null, NamesAll = NamesAll };
        ForeignContent.Refuse(file, open);
        return file.Format switch
        {
            DataFormat.JsonLines => JsonLinesFile.Read(file.Path, report, open),
            DataFormat.Json => JsonFile.Read(file, report, open),
            DataFormat.Csv => DelimitedFile.Read(file.Path, tabs: false, report, open),
            DataFormat.Tsv => DelimitedFile.Read(file.Path, tabs: true, report, open),
            DataFormat.Parquet => ParquetFile.Read(file.Path, report, options),
            DataFormat.Arrow => ArrowFile.Read(file.Path, report, options),
            _ => TextFile.Read(file.Path, TextUnit, report, open),
        };
    }

    /// <summary>The libraries under us throw many kinds of exceptions at a damaged file; here they become a sentence with the place.</summary>
    private static T Guard<T>(DataFile file, Row? last, Func<T> act)
    {
        try
        {
            return act();
        }
        catch (Exception error) when (error is not (UserError or OutOfMemoryException or OperationCanceledException))
        {
            var place = last is null ? "" : $" after line or row {last.Line}";
            throw new UserError($"'{file.Path}' cannot be read as {file.Format}{place}: {error.Message.TrimEnd('.')}. Is the file whole, and does its ending say what it is?");
        }
    }
}
