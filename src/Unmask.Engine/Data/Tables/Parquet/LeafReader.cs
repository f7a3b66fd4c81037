using System.Buffers.Binary;
using System.Numerics;
using System.Text.Json.Nodes;

namespace Unmask.Engine.Data.Tables.Parquet;

/// <summary>Walks through the values of a column of a row group, one page in memory at a time.</summary>
internal sealed class LeafReader
{
    private readonly Stream stream;
    private readonly ParquetLeaf leaf;
    private readonly ColumnChunk chunk;
    private readonly long end;
    private readonly ExpansionBudget budget;
    private readonly LeafValue value;
    private readonly Action<string> report;
    private LeafDictionary? dictionary;
    private BitRuns? definitions;
    private BitRuns? repetitions;
    private ValueDecoder? values;
    private long at;
    private long leftInChunk;
    private int leftInPage;

    /// <param name="stream">The file.</param>
    /// <param name="leaf">The column.</param>
    /// <param name="chunk">Where it lies.</param>
    /// <param name="end">Where the data of the file end.</param>
    /// <param name="budget">What the file may unfold to.</param>
    /// <param name="report">Told why the row cannot be used that a value is taken for.</param>
    public LeafReader(Stream stream, ParquetLeaf leaf, ColumnChunk chunk, long end, ExpansionBudget budget, Action<string> report)
    {
        this.stream = stream;
        this.leaf = leaf;
        this.chunk = chunk;
        this.end = end;
        this.budget = budget;
        this.report = report;
        if (chunk.Physical != leaf.Element.Physical) throw new InvalidDataException($"column '{leaf.Name}' is of the type {leaf.Element.Physical} in the schema and {chunk.Physical} in a row group");
        value = new LeafValue(leaf.Element, budget);
        at = chunk.Start;
        leftInChunk = chunk.Values;
        Advance();
    }

    /// <summary>Whether a value or a null is there.</summary>
    public bool Any { get; private set; }

    /// <summary>How much of its path is there.</summary>
    public int Defined { get; private set; }

    /// <summary>At which list it begins a new element; 0 begins a row.</summary>
    public int Repeated { get; private set; }

    /// <summary>The value, or null; goes on to the next.</summary>
    public JsonNode? Take()
    {
        if (!Any) throw new InvalidDataException($"column '{leaf.Name}' has fewer values than rows");
        JsonNode? node = null;
        try
        {
            if (Defined == leaf.Defined) node = values!.Next();
        }
        catch (InvalidTextException fault)
        {
            // All columns are to stand at the beginning of the next row.
            report(fault.In(leaf.Name));
        }

        Advance();
        return node;
    }

    private void Advance()
    {
        while (leftInPage == 0)
        {
            if (leftInChunk <= 0)
            {
                Any = false;
                Repeated = 0;
                return;
            }

            NextPage();
        }

        leftInPage--;
        Any = true;
        Repeated = (int?)repetitions?.Next() ?? 0;
        Defined = (int?)definitions?.Next() ?? 0;
        if (Repeated > leaf.Repeated || Defined > leaf.Defined) throw new InvalidDataException($"column '{leaf.Name}' has levels that its schema has not");
    }

    private void NextPage()
    {
        var (head, body) = PageReader.ReadHead(stream, at, end);
        at = body + head.Packed;
        switch (head.Kind)
        {
            case 0:
                ReadPage(head, body);
                break;
            case 2:
                ReadDictionary(head, Unpacked(head, body, 0));
                break;
            case 3:
                ReadPage2(head, body);
                break;
        }
    }

    private void ReadPage(PageHead head, long body)
    {
        var page = Unpacked(head, body, 0);
        Claim(head);
        repetitions = Levels(ref page, head.RepetitionEncoding, leaf.Repeated, head.Values);
        definitions = Levels(ref page, head.DefinitionEncoding, leaf.Defined, head.Values);
        values = ValueDecoder.Of(head.Encoding, page, value, dictionary, head.Values);
    }

    private void ReadPage2(PageHead head, long body)
    {
        var levels = new byte[head.RepetitionBytes + head.DefinitionBytes];
        StreamBytes.Fill(stream, body, levels);
        var page = Unpacked(head, body, levels.Length);
        Claim(head);
        repetitions = leaf.Repeated == 0 ? null : new BitRuns(levels.AsMemory(0, head.RepetitionBytes), WidthOf(leaf.Repeated));
        definitions = leaf.Defined == 0 ? null : new BitRuns(levels.AsMemory(head.RepetitionBytes), WidthOf(leaf.Defined));
        values = ValueDecoder.Of(head.Encoding, page, value, dictionary, head.Values);
    }

    private void Claim(PageHead head)
    {
        if (head.Values > leftInChunk) throw new InvalidDataException($"a page of column '{leaf.Name}' claims {head.Values:N0} values where {leftInChunk:N0} are left");
        budget.Page(head.Values);
        leftInPage = head.Values;
        leftInChunk -= head.Values;
    }

    private void ReadDictionary(PageHead head, ReadOnlyMemory<byte> page)
    {
        if (head.Encoding is not (0 or 2) || value.Physical == PhysicalType.Boolean) throw new InvalidDataException($"the dictionary of column '{leaf.Name}' is written in an unknown way (number {head.Encoding})");
        dictionary = new LeafDictionary(page, value, head.Values);
    }

    /// <summary>What a page holds behind its first <paramref name="skip"/> bytes, which are never packed.</summary>
    private ReadOnlyMemory<byte> Unpacked(PageHead head, long body, int skip)
    {
        var isPacked = chunk.Codec != 0 && (head.Kind != 3 || head.IsPacked);
        var (packed, claimed) = (head.Packed - skip, head.Unpacked - skip);
        var bytes = new byte[packed];
        StreamBytes.Fill(stream, body + skip, bytes);
        if (!isPacked) return bytes;
        var page = new byte[budget.Unpacked(claimed)];
        if (packed > 0 || claimed > 0) PageCodec.Unpack(chunk.Codec, bytes, page);
        return page;
    }

    private static BitRuns? Levels(ref ReadOnlyMemory<byte> page, int encoding, int most, int count)
    {
        if (most == 0) return null;
        var width = WidthOf(most);
        if (encoding == 4)
        {
            var size = (((long)count * width) + 7) / 8;
            if (size > page.Length) throw new InvalidDataException("a page ends within its levels");
            var packed = page[..(int)size];
            page = page[(int)size..];
            return BitRuns.FromHighest(packed, width);
        }

        if (encoding != 3) throw new InvalidDataException($"levels are written in an unknown way (number {encoding})");
        if (page.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(page.Span) is var length && length > page.Length - 4) throw new InvalidDataException("a page ends within its levels");
        var runs = page.Slice(4, (int)length);
        page = page[(4 + (int)length)..];
        return new BitRuns(runs, width);
    }

    private static int WidthOf(int most) => BitOperations.Log2((uint)most) + 1;
}
