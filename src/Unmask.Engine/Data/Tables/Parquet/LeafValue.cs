using System.Buffers.Binary;
using System.Numerics;
using System.Text.Json.Nodes;

namespace Unmask.Engine.Data.Tables.Parquet;

/// <summary>What the values of a column mean.</summary>
/// <param name="element">The column.</param>
/// <param name="budget">What the file may unfold to.</param>
internal sealed class LeafValue(SchemaElement element, ExpansionBudget budget)
{
    private const int JulianDayOf1970 = 2_440_588;

    /// <summary>Bytes of the widest decimal that Arrow has.</summary>
    private const int WidestDecimal = 32;

    /// <summary>Size of a value; 0 where each has its own.</summary>
    public int Size => element.Physical switch
    {
        PhysicalType.Int32 or PhysicalType.Float => 4,
        PhysicalType.Int64 or PhysicalType.Double => 8,
        PhysicalType.Int96 => 12,
        PhysicalType.FixedBytes => element.Length,
        _ => 0,
    };

    public PhysicalType Physical => element.Physical!.Value;

    /// <summary>Whether its values are texts, which rows can share.</summary>
    public bool IsText => element is { Physical: PhysicalType.Bytes or PhysicalType.FixedBytes, Logical: not (LogicalType.Decimal or LogicalType.Float16 or LogicalType.Uuid or LogicalType.Interval) };

    /// <summary>A value of <see cref="Size"/> bytes.</summary>
    public JsonNode? OfFixed(ReadOnlySpan<byte> bytes) => element.Physical switch
    {
        PhysicalType.Int32 => OfInt(BinaryPrimitives.ReadInt32LittleEndian(bytes)),
        PhysicalType.Int64 => OfInt(BinaryPrimitives.ReadInt64LittleEndian(bytes)),
        PhysicalType.Float => CellValue.Of(BinaryPrimitives.ReadSingleLittleEndian(bytes)),
        PhysicalType.Double => CellValue.Of(BinaryPrimitives.ReadDoubleLittleEndian(bytes)),
        PhysicalType.Int96 => Moment96(bytes),
        _ => OfBytes(bytes),
    };

    public JsonNode? OfInt(long value) => element.Logical switch
    {
        LogicalType.Decimal => TemporalValue.Decimal(value, element.Scale),
        LogicalType.Date => TemporalValue.Day(value),
        LogicalType.Time => TemporalValue.TimeOfDay(value, element.Unit),
        LogicalType.Timestamp => TemporalValue.Moment(value, element.Unit, element.IsUtc),
        LogicalType.Integer when element.IsUnsigned => CellValue.Of(element.Physical == PhysicalType.Int32 ? (uint)value : (ulong)value),
        _ => CellValue.Of(value),
    };

    public JsonNode? OfBytes(ReadOnlySpan<byte> bytes)
    {
        switch (element.Logical)
        {
            case LogicalType.Decimal:
                if (bytes.Length > WidestDecimal) throw new InvalidDataException($"a decimal has {bytes.Length:N0} bytes, at most {WidestDecimal} are read");
                return TemporalValue.Decimal(new BigInteger(bytes, isBigEndian: true), element.Scale);
            case LogicalType.Float16 when bytes.Length == 2:
                return CellValue.Of((float)BinaryPrimitives.ReadHalfLittleEndian(bytes));
            case LogicalType.Uuid when bytes.Length == 16:
                return JsonValue.Create(new Guid(bytes, bigEndian: true).ToString());
            case LogicalType.Interval when bytes.Length == 12:
                return TemporalValue.Interval(
                    BinaryPrimitives.ReadInt32LittleEndian(bytes), BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) * 1_000_000L);
            default:
                return JsonValue.Create(TextOf(bytes));
        }
    }

    /// <summary>A text, or bytes as one.</summary>
    /// <exception cref="InvalidTextException">The file calls it a text, and it is none.</exception>
    public string TextOf(ReadOnlySpan<byte> bytes)
    {
        budget.Text(bytes.Length);
        return element.Logical is LogicalType.Text or LogicalType.Json ? CellValue.Text(bytes) : CellValue.TextOf(bytes);
    }

    /// <summary>A text of a dictionary stands in a further row.</summary>
    public void Repeat(string text) => budget.Repeated(text.Length);

    /// <summary>A moment as twelve bytes: nanoseconds of the day, and the day.</summary>
    private static JsonValue Moment96(ReadOnlySpan<byte> bytes) =>
        JsonValue.Create(TemporalValue.Moment((long)BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]) - JulianDayOf1970, BinaryPrimitives.ReadInt64LittleEndian(bytes)) ?? Convert.ToBase64String(bytes));
}
