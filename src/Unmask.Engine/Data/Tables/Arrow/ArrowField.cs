using System.Buffers.Binary;

namespace Unmask.Engine.Data.Tables.Arrow;

/// <summary>Kinds of types, by their numbers in the format.</summary>
internal enum ArrowKind : byte
{
    None,
    Null,
    Int,
    Float,
    Binary,
    Text,
    Bool,
    Decimal,
    Date,
    Time,
    Timestamp,
    Interval,
    List,
    Struct,
    Union,
    FixedBinary,
    FixedList,
    Map,
    Duration,
    LargeBinary,
    LargeText,
    LargeList,
    RunEndEncoded,
    BinaryView,
    TextView,
    ListView,
    LargeListView,
}

/// <summary>A field of a schema: a column, or what is inside one.</summary>
internal sealed record ArrowField
{
    private const int MostFields = ExpansionBudget.Fields;

    public required string Name { get; init; }

    public required ArrowKind Kind { get; init; }

    /// <summary>Bits of a number, bytes of fixed binary, elements of a fixed list.</summary>
    public int Width { get; init; }

    /// <summary>Whether an integer has a sign.</summary>
    public bool Signed { get; init; }

    /// <summary>Unit of times (0 seconds to 3 nanoseconds) and dates (0 days, 1 milliseconds), kind of intervals, precision of floats, scale of decimals, 1 for dense unions.</summary>
    public int Unit { get; init; }

    /// <summary>Type numbers of a union's children, by their order.</summary>
    public int[] TypeIds { get; init; } = [];

    public IReadOnlyList<ArrowField> Children { get; init; } = [];

    /// <summary>Number of the dictionary that its values are places in; null for none.</summary>
    public long? Dictionary { get; init; }

    /// <summary>For a dictionary: the type of the places.</summary>
    public (int Width, bool Signed) Index { get; init; }

    /// <summary>Name of an extension type such as <c>arrow.uuid</c>.</summary>
    public string? Extension { get; init; }

    /// <summary>Of timestamps: whether they are moments in a time zone.</summary>
    public bool InZone { get; init; }

    /// <summary>Whether values of another field mean the same, whatever the two are called and whether they lie in dictionaries.</summary>
    public bool HasTypeOf(ArrowField other) =>
        (Kind, Width, Signed, Unit, InZone, Extension) == (other.Kind, other.Width, other.Signed, other.Unit, other.InZone, other.Extension)
        && TypeIds.AsSpan().SequenceEqual(other.TypeIds)
        && Children.Count == other.Children.Count
        && Children.Zip(other.Children).All(pair => pair.First.Name == pair.Second.Name && pair.First.Dictionary == pair.Second.Dictionary && pair.First.Index == pair.Second.Index && pair.First.HasTypeOf(pair.Second));

    /// <summary>The columns of a schema.</summary>
    public static IReadOnlyList<ArrowField> Schema(FlatTable schema)
    {
        if (schema.Int16(0) != 0) throw new InvalidDataException("it was written on a big-endian machine; write it again on a little-endian one");
        var columns = schema.Tables(1, ExpansionBudget.Columns);
        var left = MostFields;
        return [.. columns.Select(column => Read(column, 0, ref left))];
    }

    private static ArrowField Read(FlatTable table, int depth, ref int left)
    {
        if (depth > ExpansionBudget.Depth) throw new InvalidDataException($"a column is nested deeper than {ExpansionBudget.Depth}");
        if (--left < 0) throw new InvalidDataException($"its description has more than {MostFields:N0} fields");
        var name = table.Text(0) ?? "";
        var kind = (ArrowKind)table.Byte(2);
        if (kind is ArrowKind.None or > ArrowKind.LargeListView) throw new InvalidDataException($"column '{name}' has a type of a newer Arrow (number {(int)kind}); leave the column out when writing");
        if (table.Table(3) is not { } type) throw new InvalidDataException($"column '{name}' has no type");
        var children = new List<ArrowField>();
        foreach (var child in table.Tables(5, MostFields)) children.Add(Read(child, depth + 1, ref left));
        CheckChildren(name, kind, children.Count);
        var dictionary = table.Table(4);
        return new ArrowField
        {
            Name = name,
            Kind = kind,
            Children = children,
            Width = kind switch
            {
                ArrowKind.Int or ArrowKind.FixedBinary or ArrowKind.FixedList => type.Int32(0),
                ArrowKind.Decimal => type.Int32(2, 128),
                ArrowKind.Time => type.Int32(1, 32),
                _ => 0,
            },
            Signed = kind == ArrowKind.Int && type.Flag(1),
            Unit = kind switch
            {
                ArrowKind.Float or ArrowKind.Timestamp or ArrowKind.Interval or ArrowKind.Union => type.Int16(0),
                ArrowKind.Date or ArrowKind.Time or ArrowKind.Duration => type.Int16(0, 1),
                ArrowKind.Decimal => type.Int32(1),
                _ => 0,
            },
            InZone = kind == ArrowKind.Timestamp && type.Text(1) is { Length: > 0 },
            TypeIds = kind == ArrowKind.Union ? TypeIdsOf(type, children.Count) : [],
            Dictionary = dictionary?.Int64(0),
            Index = dictionary is { } encoding ? encoding.Table(1) is { } index ? (index.Int32(0), index.Flag(1)) : (32, true) : default,
            Extension = table.Tables(6, MostFields).Where(pair => pair.Text(0) == "ARROW:extension:name").Select(pair => pair.Text(1)).FirstOrDefault(),
        };
    }

    private static void CheckChildren(string name, ArrowKind kind, int count)
    {
        var wanted = kind switch
        {
            ArrowKind.List or ArrowKind.LargeList or ArrowKind.FixedList or ArrowKind.Map or ArrowKind.ListView or ArrowKind.LargeListView => 1,
            ArrowKind.RunEndEncoded => 2,
            ArrowKind.Struct or ArrowKind.Union => count,
            _ => 0,
        };
        if (count != wanted) throw new InvalidDataException($"column '{name}' is of a kind that has {wanted} inner fields, but has {count}");
    }

    private static int[] TypeIdsOf(FlatTable type, int children)
    {
        var given = type.Structs(1, 4);
        if (given.IsEmpty) return [.. Enumerable.Range(0, children)];
        var ids = new int[given.Length / 4];
        for (var i = 0; i < ids.Length; i++) ids[i] = BinaryPrimitives.ReadInt32LittleEndian(given[(4 * i)..]);
        return ids;
    }
}
