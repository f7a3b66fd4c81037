namespace Unmask.Engine.Data.Tables.Arrow;

/// <summary>The dictionaries of a file as far as it is read: a later one replaces an earlier one of its number, or goes on with it.</summary>
internal sealed class ArrowDictionaries
{
    private const int MostPieces = 100_000;

    private readonly Dictionary<long, List<Lazy<ArrowArray>>> pieces = [];
    private readonly Dictionary<long, ArrowField> fields = [];

    /// <param name="columns">The schema.</param>
    public ArrowDictionaries(IEnumerable<ArrowField> columns)
    {
        foreach (var column in columns) Find(column);
    }

    /// <summary>Takes a dictionary, to be read when a value of it is asked for.</summary>
    public void Add(FlatTable header, Func<FlatTable, ArrowBuffers> buffersOf)
    {
        var number = header.Int64(0);
        // A dictionary that no column uses is passed over.
        if (!fields.TryGetValue(number, out var field)) return;
        var batch = header.Table(1) ?? throw new InvalidDataException("a dictionary has no content");
        if (!header.Flag(2) || !pieces.TryGetValue(number, out var list)) pieces[number] = list = [];
        if (list.Count == MostPieces) throw new InvalidDataException($"a dictionary comes in more than {MostPieces:N0} pieces");
        list.Add(new Lazy<ArrowArray>(() => new ArrowBatch(batch, [field], buffersOf(batch), this).Column(0), isThreadSafe: false));
    }

    /// <summary>The pieces of a dictionary.</summary>
    public IReadOnlyList<Lazy<ArrowArray>> Of(long number) => pieces.TryGetValue(number, out var list) ? list : throw new InvalidDataException($"the dictionary {number} is missing");

    private void Find(ArrowField field)
    {
        // Of one type, values cannot be places in their own dictionary, and are not nested deeper than the schema.
        if (field.Dictionary is { } number && !fields.TryAdd(number, field with { Dictionary = null }) && !fields[number].HasTypeOf(field)) throw new InvalidDataException($"the dictionary {number} is of two types");
        foreach (var child in field.Children) Find(child);
    }
}
