using System.Buffers.Binary;

namespace Unmask.Engine.Data.Tables.Arrow;

/// <summary>Whole numbers of several widths.</summary>
internal static class ArrowNumber
{
    public static long Signed(ReadOnlySpan<byte> bytes, int size) => size switch
    {
        1 => (sbyte)bytes[0],
        2 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        4 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        8 => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        _ => throw new InvalidDataException($"whole numbers of {size} bytes are not read"),
    };

    /// <summary>Number <paramref name="i"/> of a buffer.</summary>
    public static long At(ReadOnlySpan<byte> numbers, int i, int size, bool signed = true)
    {
        var value = Signed(numbers.Slice(i * size, size), size);
        return signed || value >= 0 ? value : size switch { 1 => (byte)value, 2 => (ushort)value, 4 => (uint)value, _ => throw new InvalidDataException("a place is larger than any number of values") };
    }
}
