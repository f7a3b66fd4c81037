using Unmask.Core.Data;
using Unmask.Engine.Data.Rows.Values;
using Unmask.Engine.Data.Tables;
using Unmask.Engine.Data.Tables.Arrow;

namespace Unmask.Engine.Data.Files.Readers;

/// <summary>Arrow IPC files and streams (the shards of a saved Hugging Face dataset are streams), one record batch in memory at a time.</summary>
internal static class ArrowFile
{
    public static IEnumerable<Row> Read(string path, Action<BadLine> report, ReadingOptions options)
    {
        using var stream = options.Open(path);
        var budget = new ExpansionBudget(stream.Length);
        long line = 0;
        foreach (var (columns, batch) in ArrowTable.Read(stream, budget))
        {
            string[] names = [.. columns.Select(column => column.Name)];
            var wanted = Enumerable.Range(0, names.Length).Where(column => options.Wants(names[column])).ToArray();
            for (var i = 0; i < batch.Length; i++)
            {
                options.Stop.ThrowIfCancellationRequested();
                budget.Record();
                var values = options.RowOf(names);
                line++;
                if (Fill(values, names, wanted, batch, i) is { } fault) report(new BadLine(path, line, fault));
                else yield return new Row(path, line, values) { IsColumnar = true };
            }
        }
    }

    /// <summary>Why the row cannot be used; null where it can.</summary>
    private static string? Fill(OrderedDictionary<string, System.Text.Json.Nodes.JsonNode?> values, string[] names, int[] wanted, ArrowBatch batch, int row)
    {
        foreach (var column in wanted)
        {
            try
            {
                values[names[column]] = batch.Column(column).Cell(row);
            }
            catch (InvalidTextException fault)
            {
                return fault.In(names[column]);
            }
        }

        return null;
    }
}
