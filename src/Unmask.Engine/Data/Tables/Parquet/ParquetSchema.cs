namespace Unmask.Engine.Data.Tables.Parquet;

/// <summary>Makes the columns of a file from its schema, by all rules of the format's text on lists and maps, those for older writers included.</summary>
internal sealed class ParquetSchema
{
    private readonly IReadOnlyList<SchemaElement> elements;
    private int next = 1;
    private int leaves;

    private ParquetSchema(IReadOnlyList<SchemaElement> elements) => this.elements = elements;

    /// <exception cref="InvalidDataException">It makes no tree, or one that is too large.</exception>
    public static IReadOnlyList<ParquetNode> Columns(IReadOnlyList<SchemaElement> elements)
    {
        var count = elements[0].Children;
        if (count is < 0 or > ExpansionBudget.Columns) throw new InvalidDataException($"it has {count:N0} columns, at most {ExpansionBudget.Columns:N0} are read");
        var schema = new ParquetSchema(elements);
        var root = schema.Tree(elements[0], 0);
        if (schema.next != elements.Count) throw new InvalidDataException("its schema has fields that belong to no column");
        return [.. root.Select(child => schema.Field(child, 0, 0))];
    }

    private sealed record Branch(SchemaElement Element, IReadOnlyList<Branch> Children)
    {
        public bool IsRepeated => Element.Repetition == 2;

        public bool IsGroup => Element.Physical is null;
    }

    private List<Branch> Tree(SchemaElement parent, int depth)
    {
        if (depth > ExpansionBudget.Depth) throw new InvalidDataException($"a column is nested deeper than {ExpansionBudget.Depth}");
        var children = new List<Branch>();
        for (var i = 0; i < parent.Children; i++)
        {
            if (next >= elements.Count) throw new InvalidDataException("its schema ends too early");
            var element = elements[next++];
            if (element.Children < 0 || (element.Physical is not null && element.Children > 0)) throw new InvalidDataException($"the field '{element.Name}' is a column and a group");
            children.Add(new Branch(element, Tree(element, depth + 1)));
        }

        return children;
    }

    /// <summary>A field where it stands. One that is repeated without the mark of a list is a list that is never null.</summary>
    private ParquetNode Field(Branch branch, int defined, int repeated)
    {
        if (!branch.IsRepeated) return Content(branch, defined + branch.Element.Repetition, repeated);
        var items = Content(branch, defined + 1, repeated + 1);
        return new ParquetList(branch.Element.Name, defined, defined + 1, repeated + 1, items) { Leaves = items.Leaves };
    }

    /// <summary>What a field is, whether or not it may be null or is repeated.</summary>
    private ParquetNode Content(Branch branch, int defined, int repeated)
    {
        var element = branch.Element;
        if (!branch.IsGroup) return Leaf(element, defined, repeated);
        if (branch.Children is [{ IsRepeated: true } inner])
        {
            if (element.Logical == LogicalType.List) return List(element.Name, inner, defined, repeated);
            if (element.Logical == LogicalType.Map && inner is { IsGroup: true, Children: [{ IsRepeated: false }] or [{ IsRepeated: false }, _] }) return Map(element.Name, inner, defined, repeated);
        }

        var members = branch.Children.Select(child => Field(child, defined, repeated)).ToList();
        return new ParquetStruct(element.Name, defined, members) { Leaves = [.. members.SelectMany(member => member.Leaves)] };
    }

    private ParquetList List(string name, Branch inner, int defined, int repeated)
    {
        // The repeated field is itself the element: a column; a record of several fields; a group by an old writer's name; the round of a further list.
        var isElement = inner is not { IsGroup: true, Children: [var only] } || only.IsRepeated || inner.Element.Name == "array" || inner.Element.Name == name + "_tuple";
        var items = isElement ? Content(inner, defined + 1, repeated + 1) : Field(inner.Children[0], defined + 1, repeated + 1);
        return new ParquetList(name, defined, defined + 1, repeated + 1, items) { Leaves = items.Leaves };
    }

    private ParquetMap Map(string name, Branch inner, int defined, int repeated)
    {
        var key = Field(inner.Children[0], defined + 1, repeated + 1);
        var value = inner.Children.Count > 1 ? Field(inner.Children[1], defined + 1, repeated + 1) : null;
        return new ParquetMap(name, defined, defined + 1, repeated + 1, key, value) { Leaves = [.. key.Leaves, .. value?.Leaves ?? []] };
    }

    private ParquetLeaf Leaf(SchemaElement element, int defined, int repeated)
    {
        if (element.Physical == PhysicalType.FixedBytes && element.Length is < 1 or > ExpansionBudget.RecordBytes) throw new InvalidDataException($"the column '{element.Name}' has values of {element.Length:N0} bytes");
        var leaf = new ParquetLeaf(element.Name, defined, repeated, leaves++, element) { Leaves = [] };
        return leaf with { Leaves = [leaf] };
    }
}
