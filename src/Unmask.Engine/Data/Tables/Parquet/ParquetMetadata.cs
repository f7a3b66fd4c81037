using System.Buffers.Binary;

namespace Unmask.Engine.Data.Tables.Parquet;

/// <summary>How bytes of a column are laid out.</summary>
internal enum PhysicalType
{
    Boolean,
    Int32,
    Int64,
    Int96,
    Float,
    Double,
    Bytes,
    FixedBytes,
}

/// <summary>What a column means, or a group; of the two ways in which files say so the newer one counts.</summary>
internal enum LogicalType
{
    None,
    Text,
    Map,
    List,
    Decimal,
    Date,
    Time,
    Timestamp,
    Integer,
    Null,
    Json,
    Uuid,
    Float16,
    Interval,
}

/// <summary>An element of the schema, before it is made a tree.</summary>
internal sealed record SchemaElement
{
    public PhysicalType? Physical { get; set; }

    public int Length { get; set; }

    /// <summary>0 required, 1 optional, 2 repeated.</summary>
    public int Repetition { get; set; }

    public string Name { get; set; } = "";

    public int Children { get; set; }

    public LogicalType Logical { get; set; }

    /// <summary>Digits behind the point.</summary>
    public int Scale { get; set; }

    /// <summary>Of times: 0 seconds, 1 milliseconds, 2 microseconds, 3 nanoseconds.</summary>
    public int Unit { get; set; }

    /// <summary>Of times: whether they are moments in UTC.</summary>
    public bool IsUtc { get; set; } = true;

    public bool IsUnsigned { get; set; }
}

/// <summary>A column of a row group.</summary>
/// <param name="Codec">Number of the compression.</param>
/// <param name="Values">Values and nulls in it.</param>
/// <param name="Start">Where its first page begins.</param>
internal readonly record struct ColumnChunk(int Codec, long Values, long Start, PhysicalType Physical);

/// <summary>Some rows.</summary>
internal sealed record RowGroup(long Rows, IReadOnlyList<ColumnChunk> Columns);

/// <summary>What a file's footer says.</summary>
/// <param name="Schema">Its fields in order of depth, the root first.</param>
/// <param name="Groups">Its row groups.</param>
/// <param name="DataEnd">Where the footer begins.</param>
internal sealed record ParquetMetadata(IReadOnlyList<SchemaElement> Schema, IReadOnlyList<RowGroup> Groups, long DataEnd)
{
    private const int LongestFooter = 256 << 20;

    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static ParquetMetadata Read(Stream stream)
    {
        var length = stream.Length;
        if (length < 12) throw new InvalidDataException("it is too short for a Parquet file");
        var tail = new byte[8];
        StreamBytes.Fill(stream, length - 8, tail);
        if (tail.AsSpan(4).SequenceEqual("PARE"u8)) throw new InvalidDataException("it is encrypted; write it without encryption");
        if (!tail.AsSpan(4).SequenceEqual("PAR1"u8)) throw new InvalidDataException("the end of a Parquet file is missing; it is truncated, or not a Parquet file");
        var size = BinaryPrimitives.ReadUInt32LittleEndian(tail);
        if (size > Math.Min(length - 12, LongestFooter)) throw new InvalidDataException($"its footer claims {size:N0} bytes");
        var bytes = new byte[size];
        StreamBytes.Fill(stream, length - 8 - size, bytes);
        return Parse(bytes, length - 8 - size);
    }

    private static ParquetMetadata Parse(byte[] bytes, long dataEnd)
    {
        var thrift = new ThriftReader(bytes, bytes.Length);
        var schema = new List<SchemaElement>();
        var groups = new List<RowGroup>();
        thrift.Struct((field, type) =>
        {
            switch (field, type)
            {
                case (2, ThriftType.List):
                    thrift.List(() =>
                    {
                        if (schema.Count > ExpansionBudget.Fields) throw new InvalidDataException($"it has more than {ExpansionBudget.Fields:N0} fields");
                        schema.Add(Element(thrift));
                    });
                    return true;
                case (4, ThriftType.List):
                    var leaves = schema.Count(element => element.Children == 0 && element.Physical is not null);
                    thrift.List(() => groups.Add(Group(thrift, leaves)));
                    return true;
                default:
                    return false;
            }
        });
        return schema.Count == 0 ? throw new InvalidDataException("it has no schema") : new ParquetMetadata(schema, groups, dataEnd);
    }

    private static SchemaElement Element(ThriftReader thrift)
    {
        var element = new SchemaElement();
        int? older = null;
        var newer = false;
        thrift.Struct((field, type) =>
        {
            switch (field, type)
            {
                case (1, ThriftType.Int32):
                    element.Physical = (PhysicalType)thrift.Int32();
                    if (!Enum.IsDefined(element.Physical.Value)) throw new InvalidDataException($"a column has the unknown physical type {element.Physical}");
                    return true;
                case (2, ThriftType.Int32):
                    element.Length = thrift.Int32();
                    return true;
                case (3, ThriftType.Int32):
                    element.Repetition = thrift.Int32();
                    if (element.Repetition is < 0 or > 2) throw new InvalidDataException($"a field has the repetition {element.Repetition}");
                    return true;
                case (4, ThriftType.Binary):
                    element.Name = thrift.Text();
                    return true;
                case (5, ThriftType.Int32):
                    element.Children = thrift.Int32();
                    return true;
                case (6, ThriftType.Int32):
                    older = thrift.Int32();
                    return true;
                case (7, ThriftType.Int32):
                    element.Scale = thrift.Int32();
                    return true;
                case (10, ThriftType.Struct):
                    newer = LogicalTypes.Read(thrift, element);
                    return true;
                default:
                    return false;
            }
        });
        if (!newer && older is { } converted) LogicalTypes.Convert(converted, element);
        return element;
    }

    private static RowGroup Group(ThriftReader thrift, int leaves)
    {
        var columns = new List<ColumnChunk>();
        var rows = -1L;
        thrift.Struct((field, type) =>
        {
            switch (field, type)
            {
                case (1, ThriftType.List):
                    thrift.List(() => columns.Add(columns.Count < leaves ? Chunk(thrift) : throw new InvalidDataException($"a row group has more columns than the schema's {leaves:N0}")));
                    return true;
                case (3, ThriftType.Int64):
                    rows = thrift.Int();
                    return true;
                default:
                    return false;
            }
        });
        if (rows < 0) throw new InvalidDataException($"a row group claims {rows:N0} rows");
        if (columns.Count != leaves) throw new InvalidDataException($"a row group has {columns.Count:N0} columns, the schema {leaves:N0}");
        return new RowGroup(rows, columns);
    }

    private static ColumnChunk Chunk(ThriftReader thrift)
    {
        ColumnChunk? read = null;
        thrift.Struct((field, type) =>
        {
            if (field == 1 && type == ThriftType.Binary) throw new InvalidDataException("a column is in another file");
            if ((field, type) != (3, ThriftType.Struct)) return false;
            var (physical, codec, values, data, dictionary) = (-1, 0, -1L, -1L, 0L);
            thrift.Struct((inner, kind) =>
            {
                switch (inner, kind)
                {
                    case (1, ThriftType.Int32):
                        physical = thrift.Int32();
                        return true;
                    case (4, ThriftType.Int32):
                        codec = thrift.Int32();
                        return true;
                    case (5, ThriftType.Int64):
                        values = thrift.Int();
                        return true;
                    case (9, ThriftType.Int64):
                        data = thrift.Int();
                        return true;
                    case (11, ThriftType.Int64):
                        dictionary = thrift.Int();
                        return true;
                    default:
                        return false;
                }
            });
            if (values < 0 || data < 0) throw new InvalidDataException("a column does not say how many values it has, or where");
            read = new ColumnChunk(codec, values, dictionary > 0 ? Math.Min(dictionary, data) : data, (PhysicalType)physical);
            return true;
        });
        return read ?? throw new InvalidDataException("a column of a row group is not described; is it encrypted?");
    }
}
