namespace Unmask.Engine.Data.Tables.Parquet;

/// <summary>A column, or something inside one, as it is understood. Levels are those of the format: how much of a path is there, and at which list a value begins a new element.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Defined">Definition level from which on it is not null.</param>
internal abstract record ParquetNode(string Name, int Defined)
{
    /// <summary>Its columns with values, in the order of the file.</summary>
    public required IReadOnlyList<ParquetLeaf> Leaves { get; init; }
}

/// <summary>A column with values.</summary>
/// <param name="Place">Its place among those of the file.</param>
/// <param name="Repeated">Repetition level of the innermost list round it.</param>
internal sealed record ParquetLeaf(string Name, int Defined, int Repeated, int Place, SchemaElement Element) : ParquetNode(Name, Defined);

internal sealed record ParquetStruct(string Name, int Defined, IReadOnlyList<ParquetNode> Members) : ParquetNode(Name, Defined);

/// <param name="Filled">Definition level from which on it has an element.</param>
/// <param name="Repeated">Repetition level at which a further element begins.</param>
internal sealed record ParquetList(string Name, int Defined, int Filled, int Repeated, ParquetNode Items) : ParquetNode(Name, Defined);

/// <param name="Value">Null where the keys stand alone.</param>
internal sealed record ParquetMap(string Name, int Defined, int Filled, int Repeated, ParquetNode Key, ParquetNode? Value) : ParquetNode(Name, Defined);
