using System.Text.Json.Nodes;

namespace Unmask.Engine.Data.Tables.Parquet;

/// <summary>
/// Parquet files, read page by page: memory is bounded by a page of each column that is wanted, whatever the size of a row group. Read by our own lines and not by the library that writes
/// them for the tests: that one takes whole row groups, believes the sizes that a file claims, and refuses a file for a column that nobody asks for.
/// </summary>
/// <param name="stream">The file; it can seek.</param>
/// <param name="budget">What it may unfold to.</param>
internal sealed class ParquetTable(Stream stream, ExpansionBudget budget)
{
    private readonly ParquetMetadata metadata = ParquetMetadata.Read(stream);
    private IReadOnlyList<ParquetNode>? columns;
    private LeafReader?[] readers = [];
    private string? fault;

    /// <summary>The names of the columns.</summary>
    public IReadOnlyList<string> Columns => [.. Nodes.Select(node => node.Name)];

    private IReadOnlyList<ParquetNode> Nodes => columns ??= ParquetSchema.Columns(metadata.Schema);

    /// <summary>The values of some columns, row by row, and why a row cannot be used.</summary>
    /// <param name="wanted">Places of the columns.</param>
    /// <param name="stop">Ends it.</param>
    public IEnumerable<(JsonNode?[] Cells, string? Fault)> Read(IReadOnlyList<int> wanted, CancellationToken stop)
    {
        var nodes = wanted.Select(place => Nodes[place]).ToArray();
        var starts = new HashSet<long>();
        foreach (var group in metadata.Groups)
        {
            stop.ThrowIfCancellationRequested();
            budget.Rows(group.Rows);
            if (group.Rows == 0) continue;
            readers = new LeafReader?[group.Columns.Count];
            foreach (var leaf in nodes.SelectMany(node => node.Leaves))
            {
                // Otherwise a footer of a few bytes a group could claim the same rows again and again.
                if (!starts.Add(group.Columns[leaf.Place].Start)) throw new InvalidDataException("two columns or row groups claim the same bytes");
                readers[leaf.Place] = new LeafReader(stream, leaf, group.Columns[leaf.Place], metadata.DataEnd, budget, reason => fault ??= reason);
            }

            for (var row = 0L; row < group.Rows; row++)
            {
                stop.ThrowIfCancellationRequested();
                budget.Record();
                fault = null;
                var cells = new JsonNode?[nodes.Length];
                for (var i = 0; i < cells.Length; i++)
                {
                    Begins(nodes[i], 0);
                    cells[i] = Read(nodes[i]);
                }

                yield return (cells, fault);
            }
        }
    }

    /// <summary>Reads a value from where the columns stand, and leaves them behind it.</summary>
    private JsonNode? Read(ParquetNode node)
    {
        if (node is ParquetLeaf leaf) return readers[leaf.Place]!.Take();
        var first = First(node);
        if (first is not null && first.Defined < node.Defined)
        {
            Pass(node);
            return null;
        }

        switch (node)
        {
            case ParquetStruct group:
                budget.Nested(group.Members.Count);
                var value = new JsonObject();
                // Of two members of one name the last one counts, as in JSON.
                foreach (var member in group.Members) value[member.Name] = Read(member);
                return value;
            case ParquetList list:
                var items = new JsonArray();
                foreach (var _ in Elements(list, list.Filled, list.Repeated)) items.Add(Read(list.Items));
                return items;
            default:
                var map = (ParquetMap)node;
                var pairs = new JsonObject();
                foreach (var _ in Elements(map, map.Filled, map.Repeated)) pairs[Name(Read(map.Key))] = map.Value is null ? null : Read(map.Value);
                return pairs;
        }
    }

    /// <summary>One turn for each element of a list, during which it is to be read.</summary>
    private IEnumerable<int> Elements(ParquetNode list, int filled, int repeated)
    {
        if (First(list) is not { } first) throw new InvalidDataException($"the list '{list.Name}' holds no column");
        if (first.Defined < filled)
        {
            Pass(list);
            yield break;
        }

        do
        {
            budget.Nested(1);
            yield return 0;
            if (first.Any && first.Repeated == repeated) Begins(list, repeated);
        }
        while (first.Any && first.Repeated == repeated);
    }

    /// <summary>All columns of a field must stand at the beginning of the same element.</summary>
    private void Begins(ParquetNode node, int repeated)
    {
        foreach (var leaf in node.Leaves)
        {
            if (readers[leaf.Place]!.Repeated != repeated) throw new InvalidDataException($"the columns inside '{node.Name}' disagree on where a list ends");
        }
    }

    private void Pass(ParquetNode node)
    {
        foreach (var leaf in node.Leaves) readers[leaf.Place]!.Take();
    }

    private LeafReader? First(ParquetNode node) => node.Leaves.Count == 0 ? null : readers[node.Leaves[0].Place];

    private static string Name(JsonNode? key) => key switch
    {
        null => "",
        JsonValue text when text.GetValueKind() == System.Text.Json.JsonValueKind.String => text.ToString(),
        _ => key.ToJsonString(),
    };
}
