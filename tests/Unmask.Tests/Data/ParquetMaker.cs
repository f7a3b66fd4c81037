using System.Text;

namespace Unmask.Tests.Data;

/// <summary>Writes Parquet files by hand, of any schema and with any claims: one row group, one page a column, texts only.</summary>
internal sealed class ParquetMaker
{
    private const int Bytes = 6;
    private const int Number32 = 1;
    private const int Int32 = 5;
    private const int Int64 = 6;
    private const int Binary = 8;
    private const int ListOf = 9;
    private const int StructOf = 12;

    private readonly List<byte[]> schema = [];
    private readonly List<byte[]> chunks = [];
    private readonly List<byte> file = [.. "PAR1"u8];

    /// <summary>Says how many rows there are.</summary>
    public long Rows { get; set; }

    /// <summary>The root, with its number of columns.</summary>
    public ParquetMaker Root(int columns)
    {
        schema.Add(Struct((4, Binary, Text("schema")), (5, Int32, Number(columns))));
        return this;
    }

    /// <param name="name">Name of the group.</param>
    /// <param name="repetition">0 required, 1 optional, 2 repeated.</param>
    /// <param name="children">Number of its fields.</param>
    /// <param name="converted">What it means: 1 map, 3 list.</param>
    public ParquetMaker Group(string name, int repetition, int children, int? converted = null)
    {
        (int, int, byte[])[] fields = [(3, Int32, Number(repetition)), (4, Binary, Text(name)), (5, Int32, Number(children))];
        schema.Add(Struct(converted is { } meaning ? [.. fields, (6, Int32, Number(meaning))] : fields));
        return this;
    }

    /// <summary>A column of texts and what its page holds: levels of each value, and the texts of those that are there.</summary>
    public ParquetMaker Column(string name, int repetition, int[] repetitions, int[] definitions, int deepest, string[] values, long? claimed = null)
    {
        schema.Add(Struct((1, Int32, Number(Bytes)), (3, Int32, Number(repetition)), (4, Binary, Text(name)), (6, Int32, Number(0))));
        List<byte> page = [];
        if (repetitions.Length > 0) page.AddRange(Levels(repetitions));
        if (deepest > 0) page.AddRange(Levels(definitions));
        foreach (var value in values) page.AddRange([.. BitConverter.GetBytes(Encoding.UTF8.GetByteCount(value)), .. Encoding.UTF8.GetBytes(value)]);
        Page(page, claimed ?? definitions.Length);
        return this;
    }

    /// <summary>A column of one text again and again.</summary>
    public ParquetMaker NullColumn(string name, long rows)
    {
        schema.Add(Struct((1, Int32, Number(Bytes)), (3, Int32, Number(1)), (4, Binary, Text(name)), (6, Int32, Number(0))));
        byte[] run = [.. Varint((ulong)rows << 1), 0];
        Page([.. BitConverter.GetBytes(run.Length), .. run], rows);
        return this;
    }

    /// <summary>A column of one number, the first of a dictionary of very many.</summary>
    public ParquetMaker NumberDictionary(string name, byte[] dictionary, int rows)
    {
        schema.Add(Struct((1, Int32, Number(Number32)), (3, Int32, Number(0)), (4, Binary, Text(name))));
        var start = file.Count;
        file.AddRange(Struct((1, Int32, Number(2)), (2, Int32, Number(dictionary.Length)), (3, Int32, Number(dictionary.Length)), (7, StructOf, Struct((1, Int32, Number(dictionary.Length / 4)), (2, Int32, Number(0))))));
        file.AddRange(dictionary);
        Page([1, .. Varint((ulong)rows << 1), 0], rows, Number32, encoding: 8, start);
        return this;
    }

    /// <summary>A column of empty texts whose lengths are written as differences: two bytes for a million of them.</summary>
    public ParquetMaker EmptyTexts(string name, int count)
    {
        const int block = 1 << 20;
        schema.Add(Struct((1, Int32, Number(Bytes)), (3, Int32, Number(0)), (4, Binary, Text(name))));
        Page([.. Varint(block), .. Varint(1), .. Varint((ulong)count), 0, .. new byte[2 * ((count / block) + 1)]], count, Bytes, encoding: 6);
        return this;
    }

    public byte[] File()
    {
        var group = Struct((1, ListOf, List(StructOf, chunks)), (2, Int64, Number(file.Count)), (3, Int64, Number(Rows)));
        var footer = Struct((1, Int32, Number(1)), (2, ListOf, List(StructOf, schema)), (3, Int64, Number(Rows)), (4, ListOf, List(StructOf, [group])));
        return [.. file, .. footer, .. BitConverter.GetBytes(footer.Length), .. "PAR1"u8];
    }

    private void Page(List<byte> page, long values, int physical = Bytes, int encoding = 0, int? dictionary = null)
    {
        var start = file.Count;
        file.AddRange(Struct(
            (1, Int32, Number(0)), (2, Int32, Number(page.Count)), (3, Int32, Number(page.Count)), (5, StructOf, Struct((1, Int32, Number(values)), (2, Int32, Number(encoding)), (3, Int32, Number(3)), (4, Int32, Number(3))))));
        file.AddRange(page);
        var size = file.Count - start;
        (int, int, byte[])[] facts = [(1, Int32, Number(physical)), (4, Int32, Number(0)), (5, Int64, Number(values)), (6, Int64, Number(size)), (7, Int64, Number(size)), (9, Int64, Number(start))];
        chunks.Add(Struct((2, Int64, Number(start)), (3, StructOf, Struct(dictionary is { } place ? [.. facts, (11, Int64, Number(place))] : facts))));
    }

    /// <summary>Runs of one value each.</summary>
    private static byte[] Levels(int[] values)
    {
        List<byte> runs = [];
        foreach (var value in values) runs.AddRange([2, (byte)value]);
        return [.. BitConverter.GetBytes(runs.Count), .. runs];
    }

    private static byte[] Varint(ulong value)
    {
        List<byte> bytes = [];
        for (; value >= 0x80; value >>= 7) bytes.Add((byte)(value | 0x80));
        return [.. bytes, (byte)value];
    }

    private static byte[] Number(long value) => Varint((ulong)((value << 1) ^ (value >> 63)));

    private static byte[] Text(string text) => [.. Varint((ulong)Encoding.UTF8.GetByteCount(text)), .. Encoding.UTF8.GetBytes(text)];

    private static byte[] List(int type, IReadOnlyList<byte[]> items) => [.. items.Count < 15 ? [(byte)(items.Count << 4 | type)] : (byte[])[(byte)(0xF0 | type), .. Varint((ulong)items.Count)], .. items.SelectMany(item => item)];

    private static byte[] Struct(params (int Id, int Type, byte[] Data)[] fields)
    {
        List<byte> bytes = [];
        var last = 0;
        foreach (var (id, type, data) in fields)
        {
            bytes.AddRange([(byte)(id - last << 4 | type), .. data]);
            last = id;
        }

        return [.. bytes, 0];
    }
}
