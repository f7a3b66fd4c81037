using Unmask.Core;
using Unmask.Core.Data;
using Unmask.Engine.Data.Rows;

namespace Unmask.Engine.Data.Files;

/// <summary>
/// Reads rows from files of any known form, one after another, with memory bounded by the largest row (in Parquet and
/// Arrow files by the largest row group or record batch).
/// </summary>
/// <param name="TextUnit">How plain text files are cut into rows.</param>
public sealed record RowReader(TextUnit TextUnit = TextUnit.Line)
{
    private readonly OpenFile open = RawFile.Open;

    /// <summary>Called with the number of bytes of each read from a file; what it throws ends the reading.</summary>
    public Action<int>? Passed
    {
        init => open = value is null ? RawFile.Open : RawFile.Metered(value);
    }

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

    /// <summary>The rows of one file, whatever its share.</summary>
    /// <inheritdoc cref="Read(IEnumerable{DataFile}, Action{BadLine})"/>
    public IEnumerable<Row> Read(DataFile file, Action<BadLine> report)
    {
        Row? last = null;
        using var rows = Guard(file, last, () => Open(file, report).GetEnumerator());
        while (Guard(file, last, rows.MoveNext))
        {
            last = rows.Current;
            yield return last;
        }
    }

    private IEnumerable<Row> Open(DataFile file, Action<BadLine> report) => file.Format switch
    {
        DataFormat.JsonLines => JsonLinesFile.Read(file.Path, report, open),
        DataFormat.Json => JsonFile.Read(file.Path, file.Member, report, open),
        DataFormat.Csv => DelimitedFile.Read(file.Path, tabs: false, report, open),
        DataFormat.Tsv => DelimitedFile.Read(file.Path, tabs: true, report, open),
        DataFormat.Parquet => ParquetFile.Read(file.Path, open),
        DataFormat.Arrow => ArrowFile.Read(file.Path, open),
        _ => TextFile.Read(file.Path, TextUnit, report, open),
    };

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
            throw new UserError($"'{file.Path}' cannot be read as {file.Format}{place}: {error.Message.TrimEnd('.')}. Is the file whole and does its ending tell what it is?");
        }
    }
}
