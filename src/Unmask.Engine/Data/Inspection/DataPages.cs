using System.Text.Json;
using System.Text.Json.Nodes;
using Unmask.Core;
using Unmask.Core.Data;
using Unmask.Engine.Data.Files;
using Unmask.Engine.Data.Rows;

namespace Unmask.Engine.Data.Inspection;

/// <summary>Which rows of a data set to show.</summary>
/// <param name="Path">What the user gave.</param>
/// <param name="Format">Form of the file, where its ending does not tell.</param>
/// <param name="Split">Which split.</param>
/// <param name="Search">Only rows with this in one of their texts; null for all.</param>
public sealed record RowQuery(string Path, DataFormat? Format, string Split, string? Search);

/// <summary>Leafs through the rows of a data set. It stays where the last page ended, so that going on costs no more than the next rows. For one caller at a time.</summary>
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
    /// <exception cref="UserError">The data set or the split is not there, or a file is damaged.</exception>
    public DataTable Read(RowQuery query, long offset, int limit, int longestText, Action<int> passed, CancellationToken stop)
    {
        var files = DataSetFiles.Find(query.Path, query.Format);
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
        private readonly IEnumerator<Row> rows;
        private readonly List<BadLine> bad = [];
        private Action<int> passed = static _ => { };

        public Walk((string, DataFormat?, string, string) key, IReadOnlyList<DataFile> files)
        {
            Key = key;
            rows = new RowReader { Passed = bytes => passed(bytes) }.Read(files, bad.Add).GetEnumerator();
        }

        public (string, DataFormat?, string, string) Key { get; }

        /// <summary>Place of the row that comes next.</summary>
        public long Next { get; private set; }

        public DataTable Read(long offset, int limit, string? search, int longestText, Action<int> told, CancellationToken stop)
        {
            passed = bytes =>
            {
                stop.ThrowIfCancellationRequested();
                told(bytes);
            };
            var page = new List<TableRow>();
            while (page.Count < limit)
            {
                if (Next == offset) bad.Clear();
                if (!rows.MoveNext()) return new DataTable(page, null, [.. bad]);
                var row = rows.Current;
                if (Next++ < offset || (search is { Length: > 0 } && !row.Values.Values.Any(value => Has(value, search)))) continue;
                page.Add(new TableRow(Next - 1, row.File, row.Line, row.Values.ToDictionary(pair => pair.Key, pair => Cell(pair.Value, longestText))));
            }

            return new DataTable(page, Next, [.. bad]);
        }

        public void Dispose() => rows.Dispose();

        private static bool Has(JsonNode? value, string search) => value switch
        {
            JsonArray list => list.Any(item => Has(item, search)),
            JsonObject members => members.Any(member => Has(member.Value, search)),
            null => false,
            _ => value.ToString().Contains(search, StringComparison.OrdinalIgnoreCase),
        };

        private static TableCell Cell(JsonNode? value, int longestText)
        {
            var isCut = false;
            return new TableCell(Cut(value?.DeepClone(), longestText, ref isCut), isCut);
        }

        private static JsonNode? Cut(JsonNode? value, int longest, ref bool isCut)
        {
            switch (value)
            {
                case JsonArray list:
                    for (var i = 0; i < list.Count; i++)
                    {
                        if (Cut(list[i], longest, ref isCut) is var item && !ReferenceEquals(item, list[i])) list[i] = item;
                    }

                    return list;
                case JsonObject members:
                    foreach (var (name, inner) in members.ToArray())
                    {
                        if (Cut(inner, longest, ref isCut) is var item && !ReferenceEquals(item, inner)) members[name] = item;
                    }

                    return members;
                case not null when value.GetValueKind() == JsonValueKind.String && value.GetValue<string>() is { } text && text.Length > longest:
                    isCut = true;
                    // Not between the two halves of a character.
                    return JsonValue.Create(text[..(char.IsHighSurrogate(text[longest - 1]) ? longest - 1 : longest)]);
                default:
                    return value;
            }
        }
    }
}
