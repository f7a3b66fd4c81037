using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Unmask.Core.Tracking;

/// <summary>Writes the fields of protocol buffers that event files and the log of Weights &amp; Biases need.</summary>
internal sealed class ProtoWriter
{
    private readonly ArrayBufferWriter<byte> buffer = new();

    public ReadOnlySpan<byte> Written => buffer.WrittenSpan;

    public ProtoWriter Varint(int field, long value)
    {
        Key(field, 0);
        Raw((ulong)value);
        return this;
    }

    public ProtoWriter Double(int field, double value)
    {
        Key(field, 1);
        BinaryPrimitives.WriteDoubleLittleEndian(buffer.GetSpan(8), value);
        buffer.Advance(8);
        return this;
    }

    public ProtoWriter Float(int field, float value)
    {
        Key(field, 5);
        BinaryPrimitives.WriteSingleLittleEndian(buffer.GetSpan(4), value);
        buffer.Advance(4);
        return this;
    }

    public ProtoWriter Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public ProtoWriter Message(int field, ProtoWriter inner) => Bytes(field, inner.Written);

    /// <summary>Numbers without keys between them.</summary>
    public ProtoWriter Packed(int field, IEnumerable<double> values) => Bytes(field, values.SelectMany(BitConverter.GetBytes).ToArray());

    /// <summary>A field that is true; false is the same as absent.</summary>
    public ProtoWriter Flag(int field, bool value) => value ? Varint(field, 1) : this;

    /// <summary>A text that may be absent.</summary>
    public ProtoWriter TextIfAny(int field, string? value) => string.IsNullOrEmpty(value) ? this : Text(field, value);

    private ProtoWriter Bytes(int field, ReadOnlySpan<byte> value)
    {
        Key(field, 2);
        Raw((ulong)value.Length);
        buffer.Write(value);
        return this;
    }

    private void Key(int field, int wireType) => Raw((ulong)((field << 3) | wireType));

    private void Raw(ulong value)
    {
        for (; value >= 0x80; value >>= 7) buffer.Write([(byte)(value | 0x80)]);
        buffer.Write([(byte)value]);
    }
}
