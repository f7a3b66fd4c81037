using System.Buffers.Binary;

namespace Unmask.Tests.Data.Tables;

/// <summary>Writes FlatBuffers by hand, of any content: a node that several others name is written once, as no honest writer does.</summary>
internal static class FlatMaker
{
    /// <summary>A table: fields by number, each a byte, short, int, long or another node.</summary>
    public sealed record Table(params (int Field, object Value)[] Fields);

    /// <summary>A list of tables.</summary>
    public sealed record Tables(IReadOnlyList<object> Items);

    /// <summary>A text, or a list of structs.</summary>
    public sealed record Raw(int Count, byte[] Bytes);

    public static Raw Text(string text) => new(text.Length, System.Text.Encoding.ASCII.GetBytes(text));

    public static byte[] Bytes(Table root)
    {
        var bytes = new List<byte>(new byte[4]);
        var places = new Dictionary<object, int>(ReferenceEqualityComparer.Instance);
        List<(int At, object Node)> references = [(0, root)];
        // Offsets are not negative, so that what is named comes behind.
        for (var i = 0; i < references.Count; i++)
        {
            var node = references[i].Node;
            if (places.ContainsKey(node)) continue;
            switch (node)
            {
                case Table table:
                    places[node] = Add(bytes, table, references);
                    break;
                case Tables list:
                    places[node] = bytes.Count;
                    bytes.AddRange(BitConverter.GetBytes(list.Items.Count));
                    foreach (var item in list.Items) Refer(bytes, item, references);
                    break;
                case Raw raw:
                    places[node] = bytes.Count;
                    bytes.AddRange([.. BitConverter.GetBytes(raw.Count), .. raw.Bytes]);
                    break;
            }
        }

        byte[] written = [.. bytes];
        foreach (var (at, node) in references) BinaryPrimitives.WriteInt32LittleEndian(written.AsSpan(at), places[node] - at);
        return written;
    }

    /// <summary>A message of a stream.</summary>
    public static byte[] Message(byte kind, Table header, byte[]? body = null)
    {
        var message = Bytes(new Table((1, kind), (2, header), (3, (long)(body?.Length ?? 0))));
        return [.. BitConverter.GetBytes(-1), .. BitConverter.GetBytes(message.Length), .. message, .. body ?? []];
    }

    private static int Add(List<byte> bytes, Table table, List<(int, object)> references)
    {
        var slots = new byte[2 * (table.Fields.Length == 0 ? 0 : table.Fields.Max(field => field.Field) + 1)];
        var start = bytes.Count;
        bytes.AddRange([.. BitConverter.GetBytes((ushort)(4 + slots.Length)), 0, 0, .. slots]);
        var at = bytes.Count;
        bytes.AddRange(BitConverter.GetBytes(at - start));
        foreach (var (field, value) in table.Fields)
        {
            var slot = BitConverter.GetBytes((ushort)(bytes.Count - at));
            (bytes[start + 4 + (2 * field)], bytes[start + 5 + (2 * field)]) = (slot[0], slot[1]);
            switch (value)
            {
                case byte number:
                    bytes.Add(number);
                    break;
                case short number:
                    bytes.AddRange(BitConverter.GetBytes(number));
                    break;
                case int number:
                    bytes.AddRange(BitConverter.GetBytes(number));
                    break;
                case long number:
                    bytes.AddRange(BitConverter.GetBytes(number));
                    break;
                default:
                    Refer(bytes, value, references);
                    break;
            }
        }

        return at;
    }

    private static void Refer(List<byte> bytes, object node, List<(int, object)> references)
    {
        references.Add((bytes.Count, node));
        bytes.AddRange(new byte[4]);
    }
}
