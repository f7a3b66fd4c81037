using System.Buffers.Binary;
using System.Text;

namespace Unmask.Tests.Fuzz;

/// <summary>Damages inputs: bits, bytes, numbers, words, pieces moved, doubled or taken from another seed. The same number gives the same input.</summary>
internal sealed class Mutator(IReadOnlyList<byte[]> seeds, IReadOnlyList<string> words)
{
    private const int LongestInput = 1 << 20;

    private static readonly long[] Numbers =
    [
        0, 1, -1, 2, 3, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 255, 256, 1000, 4096, 65535, 65536, 1 << 20, 100_000_000, int.MaxValue, int.MinValue, int.MaxValue - 7L, uint.MaxValue,
        1L << 32, 1L << 40, long.MaxValue, long.MinValue, long.MaxValue - 7,
    ];

    /// <summary>Bytes that mean something in many formats.</summary>
    private static readonly byte[] Signs = [0, 1, 0x7F, 0x80, 0xFF, 0xFE, .. "\"'\\{}[]():,;|\t\r\n #&*!%<>?-+0"u8];

    public byte[] Input(long number)
    {
        // Numbers in order make poor seeds for this generator; their hash does not.
        var random = new Random(HashCode(number));
        var bytes = new List<byte>(seeds[random.Next(seeds.Count)]);
        for (var changes = 1 + (random.Next(4) == 0 ? random.Next(16) : random.Next(3)); changes > 0; changes--) Change(bytes, random);
        if (bytes.Count > LongestInput) bytes.RemoveRange(LongestInput, bytes.Count - LongestInput);
        return [.. bytes];
    }

    private static int HashCode(long number)
    {
        var mixed = unchecked((ulong)number * 0x9E3779B97F4A7C15UL);
        mixed ^= mixed >> 29;
        return unchecked((int)(mixed * 0xBF58476D1CE4E5B9UL >> 32));
    }

    private void Change(List<byte> bytes, Random random)
    {
        if (bytes.Count == 0)
        {
            bytes.AddRange(seeds[random.Next(seeds.Count)]);
            return;
        }

        var at = random.Next(bytes.Count);
        switch (random.Next(words.Count > 0 ? 13 : 11))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2:
                bytes[at] = Signs[random.Next(Signs.Length)];
                break;
            case 3:
                bytes.Insert(at, random.Next(2) == 0 ? (byte)random.Next(256) : Signs[random.Next(Signs.Length)]);
                break;
            case 4:
                bytes.RemoveRange(at, Math.Min(bytes.Count - at, 1 + random.Next(random.Next(2) == 0 ? 4 : 64)));
                break;
            case 5:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 6:
                Number(bytes, at, random);
                break;
            case 7:
                Varint(bytes, at, random);
                break;
            case 8:
                var piece = bytes.GetRange(at, Math.Min(bytes.Count - at, 1 + random.Next(64)));
                for (var times = 1 + (random.Next(8) == 0 ? random.Next(200) : random.Next(3)); times > 0; times--) bytes.InsertRange(random.Next(bytes.Count + 1), piece);
                break;
            case 9:
                var other = seeds[random.Next(seeds.Count)];
                var from = random.Next(other.Length);
                bytes.InsertRange(at, other.AsSpan(from, Math.Min(other.Length - from, 1 + random.Next(256))).ToArray());
                break;
            case 10:
                for (var i = at; i < Math.Min(bytes.Count, at + 1 + random.Next(32)); i++) bytes[i] = (byte)random.Next(256);
                break;
            case 11:
                bytes.InsertRange(at, Encoding.UTF8.GetBytes(words[random.Next(words.Count)]));
                break;
            default:
                // A text of the format in place of another, where one stands.
                var word = Encoding.UTF8.GetBytes(words[random.Next(words.Count)]);
                for (var i = 0; i < word.Length && at + i < bytes.Count; i++) bytes[at + i] = word[i];
                break;
        }
    }

    private static void Number(List<byte> bytes, int at, Random random)
    {
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(number, random.Next(4) == 0 ? random.NextInt64() : Numbers[random.Next(Numbers.Length)]);
        var width = 1 << random.Next(4);
        // Fields of binary formats are aligned more often than not.
        if (random.Next(2) == 0) at -= at % Math.Max(width, 4);
        for (var i = 0; i < width && at + i < bytes.Count; i++) bytes[at + i] = number[i];
    }

    /// <summary>Numbers as Thrift and Protobuf write them.</summary>
    private static void Varint(List<byte> bytes, int at, Random random)
    {
        var value = unchecked((ulong)Numbers[random.Next(Numbers.Length)]);
        if (random.Next(2) == 0) value = (value << 1) ^ unchecked((ulong)((long)value >> 63));
        var end = at;
        while (end < bytes.Count && end - at < 10 && bytes[end] >= 0x80) end++;
        bytes.RemoveRange(at, Math.Min(bytes.Count - at, end - at + 1));
        var written = new List<byte>();
        do
        {
            written.Add((byte)(value >= 0x80 ? (value & 0x7F) | 0x80 : value));
            value >>= 7;
        }
        while (value > 0);
        bytes.InsertRange(at, written);
    }
}
