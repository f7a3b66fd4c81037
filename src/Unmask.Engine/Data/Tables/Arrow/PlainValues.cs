using System.Buffers.Binary;
using System.Text.Json.Nodes;

namespace Unmask.Engine.Data.Tables.Arrow;

internal sealed class NullValues(int length) : ArrowArray(length, default)
{
    protected override JsonNode? Value(int i) => null;
}

internal sealed class FlagValues(int length, ReadOnlyMemory<byte> valid, ReadOnlyMemory<byte> bits) : ArrowArray(length, valid)
{
    protected override JsonNode? Value(int i) => CellValue.Of(Bit(bits.Span, i));
}

/// <summary>Numbers of all kinds, and what is written as numbers: dates, times, durations.</summary>
internal sealed class NumberValues(int length, ReadOnlyMemory<byte> valid, ReadOnlyMemory<byte> numbers, ArrowField field, int size) : ArrowArray(length, valid)
{
    protected override JsonNode? Value(int i)
    {
        var bytes = numbers.Span.Slice(i * size, size);
        switch (field.Kind)
        {
            case ArrowKind.Float:
                return CellValue.Of(size switch
                {
                    2 => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes),
                    4 => BinaryPrimitives.ReadSingleLittleEndian(bytes),
                    _ => (object)BinaryPrimitives.ReadDoubleLittleEndian(bytes),
                });
            case ArrowKind.Decimal:
                return TemporalValue.Decimal(new System.Numerics.BigInteger(bytes), field.Unit);
            case ArrowKind.Interval:
                return field.Unit switch
                {
                    0 => TemporalValue.Interval(BinaryPrimitives.ReadInt32LittleEndian(bytes), 0, 0),
                    1 => TemporalValue.Interval(0, BinaryPrimitives.ReadInt32LittleEndian(bytes), BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]) * 1_000_000L),
                    _ => TemporalValue.Interval(BinaryPrimitives.ReadInt32LittleEndian(bytes), BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[8..])),
                };
        }

        if (field is { Kind: ArrowKind.Int, Extension: "arrow.bool8" } && size == 1) return CellValue.Of(bytes[0] != 0);
        if (field is { Kind: ArrowKind.Int, Signed: false })
        {
            return CellValue.Of(size switch
            {
                1 => bytes[0],
                2 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
                4 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
                _ => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
            });
        }

        var number = ArrowNumber.Signed(bytes, size);
        return field.Kind switch
        {
            ArrowKind.Date => field.Unit == 0 ? TemporalValue.Day(number) : TemporalValue.DayOfMilliseconds(number),
            ArrowKind.Time => TemporalValue.TimeOfDay(number, field.Unit),
            ArrowKind.Timestamp => TemporalValue.Moment(number, field.Unit, field.InZone),
            ArrowKind.Duration => TemporalValue.Duration(number, field.Unit),
            _ => CellValue.Of(number),
        };
    }
}

/// <summary>Bytes of one length.</summary>
internal sealed class FixedBytes(int length, ReadOnlyMemory<byte> valid, ReadOnlyMemory<byte> values, ArrowField field, ExpansionBudget budget) : ArrowArray(length, valid)
{
    protected override JsonNode? Value(int i)
    {
        budget.Text(field.Width);
        var bytes = values.Span.Slice(i * field.Width, field.Width);
        return field is { Width: 16, Extension: "arrow.uuid" } ? JsonValue.Create(new Guid(bytes, bigEndian: true).ToString()) : CellValue.Of(bytes.ToArray());
    }
}

/// <summary>Texts or bytes, one behind the other.</summary>
internal sealed class ByteValues(int length, ReadOnlyMemory<byte> valid, long[] offsets, ReadOnlyMemory<byte> values, bool isText, ExpansionBudget budget) : ArrowArray(length, valid)
{
    protected override JsonNode? Value(int i)
    {
        budget.Text(offsets[i + 1] - offsets[i]);
        var bytes = values.Span[(int)offsets[i]..(int)offsets[i + 1]];
        return isText ? JsonValue.Create(CellValue.Text(bytes)) : CellValue.Of(bytes.ToArray());
    }
}

/// <summary>Texts or bytes, short ones in place and long ones in any of several buffers.</summary>
internal sealed class ViewValues(int length, ReadOnlyMemory<byte> valid, ReadOnlyMemory<byte> views, ReadOnlyMemory<byte>[] buffers, bool isText, ExpansionBudget budget) : ArrowArray(length, valid)
{
    private const int InPlace = 12;

    protected override JsonNode? Value(int i)
    {
        var view = views.Span.Slice(i * 16, 16);
        var size = BinaryPrimitives.ReadInt32LittleEndian(view);
        if (size < 0) throw new InvalidDataException($"a text claims {size:N0} bytes");
        budget.Text(size);
        var bytes = size <= InPlace ? view.Slice(4, size) : Elsewhere(size, BinaryPrimitives.ReadInt32LittleEndian(view[8..]), BinaryPrimitives.ReadInt32LittleEndian(view[12..]));
        return isText ? JsonValue.Create(CellValue.Text(bytes)) : CellValue.Of(bytes.ToArray());
    }

    private ReadOnlySpan<byte> Elsewhere(int size, int buffer, int offset)
    {
        if ((uint)buffer >= (uint)buffers.Length || offset < 0 || offset > buffers[buffer].Length - size) throw new InvalidDataException($"a text of {size:N0} bytes is outside its buffer");
        return buffers[buffer].Span.Slice(offset, size);
    }
}
