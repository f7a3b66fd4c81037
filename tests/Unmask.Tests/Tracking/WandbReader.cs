using System.Buffers.Binary;
using Xunit;

namespace Unmask.Tests.Tracking;

/// <summary>Reads a .wandb file as its own clients do, strictly: checksums, block ends, order of pieces. Written from the format's description alone.</summary>
internal static class WandbReader
{
    public static List<byte[]> Raw(string path)
    {
        var file = File.ReadAllBytes(path);
        Assert.Equal(":W&B"u8.ToArray(), file[..4]);
        Assert.Equal(0xBEE1, BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(4)));
        Assert.Equal(0, file[6]);
        List<byte[]> records = [];
        List<byte>? open = null;
        for (var at = 7; at < file.Length;)
        {
            var left = 32_768 - (at % 32_768);
            if (left < 7)
            {
                Assert.All(file[at..Math.Min(at + left, file.Length)], one => Assert.Equal(0, one));
                at += left;
                continue;
            }

            var crc = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at));
            var length = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(at + 4));
            var type = file[at + 6];
            Assert.True(7 + length <= left, "a piece goes over the end of its block");
            var data = file[(at + 7)..(at + 7 + length)];
            Assert.Equal(Crc([type, .. data]), crc);
            at += 7 + length;
            switch (type)
            {
                case 1: Assert.Null(open); records.Add(data); break;
                case 2: Assert.Null(open); open = [.. data]; break;
                case 3: Assert.NotNull(open); open.AddRange(data); break;
                case 4: Assert.NotNull(open); records.Add([.. open, .. data]); open = null; break;
                default: Assert.Fail($"piece of type {type}"); break;
            }
        }

        Assert.Null(open);
        return records;
    }

    public static List<ProtoFields> Records(string path) => [.. Raw(path).Select(record => new ProtoFields(record))];

    public static IEnumerable<Dictionary<string, string>> History(IEnumerable<ProtoFields> records) =>
        records.Where(record => record.Has(2)).Select(record => record.Message(2).Messages(1).ToDictionary(item => item.Text(1)!, item => item.Text(16)!));

    private static uint Crc(IEnumerable<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var one in bytes)
        {
            crc ^= one;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
        }

        return ~crc;
    }
}
