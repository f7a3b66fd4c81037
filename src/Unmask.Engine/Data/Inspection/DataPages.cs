using System.Text.Json.Nodes;
using Unmask.Core.Data;
using Unmask.Engine.Data.Files;
using Unmask.Engine.Data.Files.Discovery;
using Unmask.Engine.Data.Files.Readers;
using Unmask.Engine.Data.Rows.Values;

namespace Unmask.Engine.Data.Inspection;

/// <summary>Which rows of a dataset to show.</summary>
/// <param name="Path">What the user gave.</param>
/// <param name="Format">Form of the file, where its ending does not tell.</param>
/// <param name="Split">Which split.</param>
/// <param name="Search">Only rows with this in one of their texts; null for all.</param>
public sealed record RowQuery(string Path, DataFormat? Format, string Split, string? Search);

/// <summary>Leafs through the rows of a dataset. It stays where the last page ended, so that going on costs no more than the next rows. For one caller at a time.</summary>
public sealed class DataPages : IDisposable
{
    private Walk? open;

    /// <summary>Some rows.</summary>
    /// <param name="query">Which.</param>
    /// <param name="offset">The first, counted from 0 over all rows of the split, those that the search leaves out included.</param>
    /// <param name="limit">Most rows.</param>
    /// <param name="longestText">Longer texts are cut.</param>
    /// <param name="passed">Called with the bytes of each read.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="UserError">The dataset or the split is not there, or a file is damaged.</exception>
    public DataTable Read(RowQuery query, long offset, int limit, int longestText, Action<int> passed, CancellationToken stop)
    {
        var files = DatasetFiles.Find(query.Path, query.Format, stop);
        if (!files.Splits.TryGetValue(query.Split, out var split)) throw new UserError($"'{query.Path}' has no split '{query.Split}'; it has {string.Join(" and ", files.Splits.Keys.Select(key => $"'{key}'"))}.");
        // Files that were changed since are other files.
        var key = (query.Path, query.Format, query.Split, string.Join('\n', split.Select(file => $"{file.Path} {new FileInfo(file.Path).Length} {File.GetLastWriteTimeUtc(file.Path):O}")));
        if (open is null || open.Key != key || open.Next > offset)
        {
            Dispose();
            open = new Walk(key, split);
        }

        try
        {
            return open.Read(offset, limit, query.Search, longestText, passed, stop);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        open?.Dispose();
        open = null;
    }

    private sealed class Walk : IDisposable
    {
        private const long PageBytes = 32 << 20;

        private readonly IEnumerator<Row> rows;
        private readonly BadLineTally bad = new(DataInspector.BadLinesTold);
        private Action<int> passed = static _ => { };
        private CancellationToken stopped;

        public Walk((string, DataFormat?, string, string) key, IReadOnlyList<DataFile> files)
        {
            Key = key;
            rows = new RowReader
            {
                Passed = bytes =>
                {
                    stopped.ThrowIfCancellationRequested();
                    passed(bytes);
                },
            }.Read(files, bad.Add).GetEnumerator();
        }

        public (string, DataFormat?, string, string) Key { get; }

        /// <summary>Place of the row that comes next.</summary>
        public long Next { get; private set; }

        public DataTable Read(long offset, int limit, string? search, int longestText, Action<int> told, CancellationToken stop)
        {
            (passed, stopped) = (told, stop);
            var page = new List<TableRow>();
            var size = 0L;
            // A page of very large rows is shorter; who wants more goes on from where it ends.
            while (page.Count < limit && size < PageBytes)
            {
                stop.ThrowIfCancellationRequested();
                if (Next == offset) bad.Clear();
                if (!rows.MoveNext()) return new DataTable(page, null, [.. bad.First]);
                var row = rows.Current;
                if (Next++ < offset || (search is { Length: > 0 } && !row.Values.Values.Any(value => Has(value, search)))) continue;
                page.Add(new TableRow(Next - 1, row.File, row.Line, row.Values.ToDictionary(pair => pair.Key, pair => CellCut.Of(pair.Value, longestText))));
                foreach (var (name, cell) in page[^1].Cells) size += (2 * name.Length) + RowSize.Of(cell.Value);
            }

            return new DataTable(page, Next, [.. bad.First]);
        }

        public void Dispose() => rows.Dispose();

        private static bool Has(JsonNode? value, string search) => value switch
        {
            JsonArray list => list.Any(item => Has(item, search)),
            JsonObject members => members.Any(member => Has(member.Value, search)),
            null => false,
            _ => value.ToString().Contains(search, StringComparison.OrdinalIgnoreCase),
        };
    }
}
