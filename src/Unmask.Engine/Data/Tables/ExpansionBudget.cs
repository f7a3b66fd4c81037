namespace Unmask.Engine.Data.Tables;

/// <summary>
/// What a file may unfold to, by its size. A few hundred bytes can claim a hundred million rows, or a word of a megabyte a million times; honest files stay far below these limits.
/// Not safe to use from several threads.
/// </summary>
/// <param name="fileBytes">Size of the file.</param>
internal sealed class ExpansionBudget(long fileBytes)
{
    /// <summary>Most columns of a table.</summary>
    public const int Columns = 10_000;

    /// <summary>Most fields of a table's description, those inside lists and structs included.</summary>
    public const int Fields = 30_000;

    /// <summary>Deepest nesting of lists and structs.</summary>
    public const int Depth = 40;

    /// <summary>Longest record of any file, in bytes.</summary>
    public const int RecordBytes = 32 << 20;

    /// <summary>Most values of a record, those inside lists and structs included: each takes some two hundred bytes, be it a digit in the file.</summary>
    public const int RecordNodes = 1 << 20;

    private readonly Account rows = new("rows", (1L << 20) + Times(fileBytes, 64));
    private readonly Account nested = new("items in lists", (1L << 20) + Times(fileBytes, 256));
    private readonly Account text = new("bytes of text", (64L << 20) + Times(fileBytes, 1024));
    private readonly Account repeated = new("bytes of repeated text", (256L << 20) + Times(fileBytes, 1024));
    private readonly Account unpacked = new("unpacked bytes", (96L << 20) + Times(fileBytes, 1024));
    private long leftInRecord = RecordNodes;

    public void Rows(long count) => rows.Take(count, fileBytes);

    /// <summary>Values that a page claims: no more than all lists may have. A few bytes can give the lengths of two billion texts.</summary>
    public void Page(long values) => nested.Fits(values, fileBytes);

    /// <summary>The next row begins.</summary>
    public void Record() => leftInRecord = RecordNodes;

    /// <summary>Elements of lists and members of structs.</summary>
    public void Nested(long count)
    {
        if (count > leftInRecord) throw new InvalidDataException($"a row holds more than {RecordNodes:N0} values, at most that many are read");
        nested.Take(count, fileBytes);
        leftInRecord -= count;
    }

    /// <summary>A text that is made.</summary>
    public void Text(long bytes)
    {
        if (bytes > RecordBytes) throw new InvalidDataException($"a value has {bytes:N0} bytes, at most {RecordBytes:N0} are read");
        text.Take(bytes, fileBytes);
    }

    /// <summary>A text of a dictionary that stands in a further row. It takes no memory by itself, but whoever reads the rows sees all of it.</summary>
    public void Repeated(long bytes) => repeated.Take(bytes, fileBytes);

    /// <summary>Bytes that a compressed buffer or page claims to hold. One of them may shrink to any part: a column of one value does. All together they do not.</summary>
    public int Unpacked(long claimed)
    {
        if (claimed > Array.MaxLength) throw new InvalidDataException($"a compressed buffer claims to hold {claimed:N0} bytes, at most {Array.MaxLength:N0} are read");
        unpacked.Take(claimed, fileBytes);
        return (int)claimed;
    }

    private static long Times(long bytes, int times) => bytes > long.MaxValue / 2 / times ? long.MaxValue / 2 : bytes * times;

    private sealed class Account(string what, long most)
    {
        private long taken;

        public void Fits(long count, long fileBytes)
        {
            if (count > most) throw Refusal(fileBytes);
        }

        public void Take(long count, long fileBytes)
        {
            if (count < 0 || count > most - taken) throw Refusal(fileBytes);
            taken += count;
        }

        private InvalidDataException Refusal(long fileBytes) => new($"{fileBytes:N0} bytes unfold to more than {most:N0} {what}, which no honest file does");
    }
}
