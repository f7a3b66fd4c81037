using System.Text.Json.Nodes;

namespace Unmask.Engine.Data.Tables.Arrow;

/// <summary>The values of a field in a batch. What its buffers say was checked when it was built.</summary>
internal abstract class ArrowArray
{
    private readonly ReadOnlyMemory<byte> valid;

    /// <param name="length">How many values.</param>
    /// <param name="valid">A bit for each value that is there; empty where all are.</param>
    protected ArrowArray(int length, ReadOnlyMemory<byte> valid)
    {
        Length = length;
        this.valid = valid;
    }

    public int Length { get; }

    /// <summary>A value as JSON; null for a missing one.</summary>
    public JsonNode? Cell(int i)
    {
        if ((uint)i >= (uint)Length) throw new InvalidDataException($"value {i:N0} of {Length:N0} is asked for");
        return valid.Length > 0 && !Bit(valid.Span, i) ? null : Value(i);
    }

    protected abstract JsonNode? Value(int i);

    protected static bool Bit(ReadOnlySpan<byte> bits, int i) => (bits[i >> 3] >> (i & 7) & 1) != 0;
}
