using System.Text.Json;
using System.Text.Json.Nodes;
using Unmask.Core.Data;
using Unmask.Engine.Data.Rows.Values;

namespace Unmask.Engine.Data.Inspection;

/// <summary>Counts what the columns of rows hold.</summary>
internal sealed class ColumnTally
{
    private const int MostColumns = 1000;

    private readonly OrderedDictionary<string, Column> columns = [];
    private long rows;

    public void Add(Row row)
    {
        rows++;
        foreach (var (name, value) in row.Values)
        {
            if (!columns.TryGetValue(name, out var column))
            {
                // Rows that each have names of their own are no table; what is counted of them stays bounded.
                if (columns.Count == MostColumns) continue;
                columns.Add(name, column = new Column());
            }

            column.Add(value);
        }
    }

    public IReadOnlyList<InspectedColumn> Result() =>
        [.. columns.Select(pair => new InspectedColumn(pair.Key, pair.Value.Types, pair.Value.Filled, rows, pair.Value.Texts.Count > 0 ? pair.Value.Texts.Result() : null))];

    private sealed class Column
    {
        public Dictionary<string, long> Types { get; } = [];

        public LengthTally Texts { get; } = new();

        public long Filled { get; private set; }

        public void Add(JsonNode? value)
        {
            if (value is null) return;
            var kind = value.GetValueKind();
            if (kind == JsonValueKind.String)
            {
                var length = value.GetValue<string>().Length;
                Texts.Add(length);
                if (length > 0) Filled++;
            }
            else
            {
                Filled++;
            }

            var type = kind switch
            {
                JsonValueKind.String => "text",
                JsonValueKind.Number => "number",
                JsonValueKind.Array => "list",
                JsonValueKind.Object => "object",
                _ => "truth",
            };
            Types[type] = Types.GetValueOrDefault(type) + 1;
        }
    }
}
