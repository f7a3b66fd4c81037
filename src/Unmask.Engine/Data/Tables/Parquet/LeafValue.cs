using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Unmask.Engine.Data.Tables.Parquet;

/// <summary>What the values of a column mean. A value is an object that <see cref="Node"/> makes JSON of, so that values of a dictionary are understood once.</summary>
/// <param name="element">The column.</param>
/// <param name="budget">What the file may unfold to.</param>
internal sealed class LeafValue(SchemaElement element, ExpansionBudget budget)
{
    private const int JulianDayOf1970 = 2_440_588;

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

    /// <summary>A value as JSON.</summary>
    public static JsonNode? Node(object? value) => value switch
    {
        string text => JsonValue.Create(text),
        JsonElement number => JsonValue.Create(number),
        _ => CellValue.Of(value),
    };

    /// <summary>A value of a dictionary in a further row.</summary>
    public object? Again(object? value)
    {
        if (value is string text) budget.Repeated(text.Length);
        return value;
    }

    /// <summary>A value of <see cref="Size"/> bytes.</summary>
    public object? OfFixed(ReadOnlySpan<byte> bytes) => element.Physical switch
    {
        PhysicalType.Int32 => OfInt(BinaryPrimitives.ReadInt32LittleEndian(bytes)),
        PhysicalType.Int64 => OfInt(BinaryPrimitives.ReadInt64LittleEndian(bytes)),
        PhysicalType.Float => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        PhysicalType.Double => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        PhysicalType.Int96 => Moment96(bytes),
        _ => OfBytes(bytes),
    };

    public object? OfInt(long value) => element.Logical switch
    {
        LogicalType.Decimal => TemporalValue.Decimal(value, element.Scale)?.GetValue<JsonElement>(),
        LogicalType.Date => TemporalValue.Day(value, DateTimeKind.Utc)?.GetValue<object>(),
        LogicalType.Time => TemporalValue.TimeOfDay(value, element.Unit)?.GetValue<object>(),
        LogicalType.Timestamp => (element.IsUtc ? TemporalValue.UtcMoment(value, element.Unit) : TemporalValue.Moment(value, element.Unit))?.GetValue<object>(),
        LogicalType.Integer when element.IsUnsigned => Json(element.Physical == PhysicalType.Int32 ? (uint)value : (ulong)value),
        _ => Json(value),
    };

    public object? OfBytes(ReadOnlySpan<byte> bytes)
    {
        switch (element.Logical)
        {
            case LogicalType.Decimal:
                if (bytes.Length > 1000) throw new InvalidDataException($"a decimal has {bytes.Length:N0} bytes");
                return TemporalValue.Decimal(new BigInteger(bytes, isBigEndian: true), element.Scale)?.GetValue<JsonElement>();
            case LogicalType.Float16 when bytes.Length == 2:
                return (float)BinaryPrimitives.ReadHalfLittleEndian(bytes);
            case LogicalType.Uuid when bytes.Length == 16:
                return new Guid(bytes, bigEndian: true).ToString();
            case LogicalType.Interval when bytes.Length == 12:
                return TemporalValue.Interval(
                    BinaryPrimitives.ReadInt32LittleEndian(bytes), BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) * 1_000_000L).ToJsonString();
            case LogicalType.Text or LogicalType.Json:
                budget.Text(bytes.Length);
                return Encoding.UTF8.GetString(bytes);
            default:
                budget.Text(bytes.Length);
                return CellValue.TextOf(bytes);
        }
    }

    private static JsonElement Json<T>(T number) => JsonSerializer.SerializeToElement(number);

    /// <summary>A moment as twelve bytes: nanoseconds of the day, and the day.</summary>
    private static object? Moment96(ReadOnlySpan<byte> bytes)
    {
        var days = (long)BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]) - JulianDayOf1970;
        var ticks = (Int128)DateTime.UnixEpoch.Ticks + ((Int128)days * TimeSpan.TicksPerDay) + (BinaryPrimitives.ReadInt64LittleEndian(bytes) / 100);
        return ticks >= 0 && ticks <= DateTime.MaxValue.Ticks ? new DateTime((long)ticks) : Convert.ToBase64String(bytes);
    }
}
