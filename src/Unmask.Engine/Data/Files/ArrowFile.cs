using System.Text.Json.Nodes;
using Unmask.Engine.Data.Rows;
using Unmask.Engine.Data.Tables;
using Unmask.Engine.Data.Tables.Arrow;

namespace Unmask.Engine.Data.Files;

/// <summary>Arrow IPC files and streams (the shards of a saved Hugging Face data set are streams), one record batch in memory at a time.</summary>
internal static class ArrowFile
{
    public static IEnumerable<Row> Read(string path, ReadingOptions options)
    {
        using var stream = options.Open(path);
        var budget = new ExpansionBudget(stream.Length);
        long line = 0;
        foreach (var (columns, batch) in ArrowTable.Read(stream, budget))
        {
            var wanted = Enumerable.Range(0, columns.Count).Where(column => options.Wants(columns[column].Name)).ToArray();
            for (var i = 0; i < batch.Length; i++)
            {
                options.Stop.ThrowIfCancellationRequested();
                var values = new OrderedDictionary<string, JsonNode?>(wanted.Length);
                foreach (var column in wanted) values[columns[column].Name] = batch.Column(column).Cell(i);
                yield return new Row(path, ++line, values) { IsColumnar = true };
            }
        }
    }
}
