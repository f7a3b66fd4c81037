using System.Text.Json.Nodes;
using Parquet;
using Parquet.Serialization;
using Unmask.Engine.Data.Rows;

namespace Unmask.Engine.Data.Files;

/// <summary>Parquet files, one row group in memory at a time.</summary>
internal static class ParquetFile
{
    public static IEnumerable<Row> Read(string path, OpenFile open)
    {
        using var stream = open(path);
        var (groups, columns) = Layout(stream);
        long line = 0;
        for (var group = 0; group < groups; group++)
        {
            stream.Position = 0;
            var rows = ParquetSerializer.DeserializeUntypedAsync(stream, null, group).GetAwaiter().GetResult().Data;
            for (var i = 0; i < rows.Count; i++)
            {
                var values = new OrderedDictionary<string, JsonNode?>(columns.Length);
                foreach (var column in columns) values[column] = CellValue.Of(rows[i].GetValueOrDefault(column));
                rows[i] = null!; // lets the row go before its group is done
                yield return new Row(path, ++line, values);
            }
        }
    }

    private static (int Groups, string[] Columns) Layout(Stream stream)
    {
        var reader = ParquetReader.CreateAsync(stream, leaveStreamOpen: true).GetAwaiter().GetResult();
        try
        {
            return (reader.RowGroupCount, [.. reader.Schema.Fields.Select(field => field.Name)]);
        }
        finally
        {
            reader.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }
}
