using System.Text;

namespace Unmask.Tests.Tracking;

/// <summary>A protocol buffer, read by a reader written for these tests alone: values by field number.</summary>
internal sealed class ProtoFields
{
    private readonly Dictionary<int, List<object>> fields = [];

    public ProtoFields(byte[] message)
    {
        for (var at = 0; at < message.Length;)
        {
            var key = Varint(message, ref at);
            object value = (key & 7) switch
            {
                0 => Varint(message, ref at),
                1 => BitConverter.Int64BitsToDouble(BitConverter.ToInt64(message, (at += 8) - 8)),
                2 => Bytes(message, ref at),
                5 => BitConverter.ToSingle(message, (at += 4) - 4),
                _ => throw new InvalidDataException($"wire type {key & 7}"),
            };
            if (!fields.TryGetValue((int)(key >> 3), out var values)) fields[(int)(key >> 3)] = values = [];
            values.Add(value);
        }
    }

    public IEnumerable<int> Numbers => fields.Keys;

    public bool Has(int field) => fields.ContainsKey(field);

    public long Number(int field) => fields.TryGetValue(field, out var values) ? (long)(ulong)values[0] : 0;

    public string? Text(int field) => fields.TryGetValue(field, out var values) ? Encoding.UTF8.GetString((byte[])values[0]) : null;

    public IEnumerable<string> Texts(int field) => fields.GetValueOrDefault(field, []).Select(value => Encoding.UTF8.GetString((byte[])value));

    public ProtoFields Message(int field) => new((byte[])fields[field][0]);

    public IEnumerable<ProtoFields> Messages(int field) => fields.GetValueOrDefault(field, []).Select(value => new ProtoFields((byte[])value));

    private static ulong Varint(byte[] message, ref int at)
    {
        for (var (value, shift) = (0UL, 0); ; shift += 7)
        {
            var part = message[at++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return value;
        }
    }

    private static byte[] Bytes(byte[] message, ref int at)
    {
        var length = (int)Varint(message, ref at);
        return message[at..(at += length)];
    }
}
