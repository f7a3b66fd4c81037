using System.Buffers.Binary;
using System.Text.Json.Nodes;

namespace Unmask.Engine.Data.Tables.Parquet;

/// <summary>
/// The values that a column's pages give places in. A value is made when a row has it: a page of a few bytes can claim millions of them. Texts are kept, for rows share them.
/// </summary>
internal sealed class LeafDictionary
{
    private readonly ReadOnlyMemory<byte> page;
    private readonly LeafValue leaf;
    private readonly int[] starts;
    private readonly string?[] texts;

    /// <param name="page">The values, one after another.</param>
    /// <param name="leaf">What they mean.</param>
    /// <param name="count">How many it claims.</param>
    /// <exception cref="InvalidDataException">They do not fit into the page.</exception>
    public LeafDictionary(ReadOnlyMemory<byte> page, LeafValue leaf, int count)
    {
        if (count > page.Length / (leaf.Size == 0 ? 4 : leaf.Size)) throw new InvalidDataException($"a dictionary claims {count:N0} values in {page.Length:N0} bytes");
        this.page = page;
        this.leaf = leaf;
        Count = count;
        starts = leaf.Size == 0 ? StartsOf(page.Span, count) : [];
        texts = leaf.IsText ? new string?[count] : [];
    }

    public int Count { get; }

    /// <summary>The value at a place.</summary>
    public JsonNode? Value(uint place)
    {
        if (place >= Count) throw new InvalidDataException($"a value is number {place:N0} of a dictionary of {Count:N0}");
        if (!leaf.IsText) return leaf.Size == 0 ? leaf.OfBytes(BytesAt((int)place)) : leaf.OfFixed(BytesAt((int)place));
        var text = texts[place];
        if (text is null) texts[place] = text = leaf.TextOf(BytesAt((int)place));
        else leaf.Repeat(text);
        return JsonValue.Create(text);
    }

    private ReadOnlySpan<byte> BytesAt(int place) => leaf.Size == 0 ? page.Span[starts[place]..(starts[place + 1] - 4)] : page.Span.Slice(place * leaf.Size, leaf.Size);

    /// <summary>Where each value begins behind the four bytes of its length, and where one behind the last would.</summary>
    private static int[] StartsOf(ReadOnlySpan<byte> page, int count)
    {
        var starts = new int[count + 1];
        starts[0] = 4;
        for (var i = 0; i < count; i++)
        {
            if (starts[i] > page.Length) throw Ended();
            var size = BinaryPrimitives.ReadInt32LittleEndian(page[(starts[i] - 4)..]);
            if (size < 0 || size > page.Length - starts[i]) throw Ended();
            starts[i + 1] = starts[i] + size + 4;
        }

        return starts;
    }

    private static InvalidDataException Ended() => new("a dictionary ends within its values");
}
