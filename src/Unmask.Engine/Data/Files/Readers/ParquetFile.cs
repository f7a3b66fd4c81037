using Unmask.Core.Data;
using Unmask.Engine.Data.Rows.Values;
using Unmask.Engine.Data.Tables;
using Unmask.Engine.Data.Tables.Parquet;

namespace Unmask.Engine.Data.Files.Readers;

/// <summary>Parquet files, one page of each column in memory at a time.</summary>
internal static class ParquetFile
{
    public static IEnumerable<Row> Read(string path, Action<BadLine> report, ReadingOptions options)
    {
        using var stream = options.Open(path);
        var table = new ParquetTable(stream, new ExpansionBudget(stream.Length));
        var names = table.Columns;
        var wanted = Enumerable.Range(0, names.Count).Where(column => options.Wants(names[column])).ToArray();
        long line = 0;
        foreach (var (cells, fault) in table.Read(wanted, options.Stop))
        {
            line++;
            if (fault is not null)
            {
                report(new BadLine(path, line, fault));
                continue;
            }

            var values = options.RowOf(names);
            for (var i = 0; i < cells.Length; i++) values[names[wanted[i]]] = cells[i];
            yield return new Row(path, line, values) { IsColumnar = true };
        }
    }
}
