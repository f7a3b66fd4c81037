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

    private readonly Account rows = new("rows", (1L << 20) + Times(fileBytes, 64));
    private readonly Account nested = new("items in lists", (1L << 20) + Times(fileBytes, 256));
    private readonly Account text = new("bytes of text", (64L << 20) + Times(fileBytes, 1024));
    private readonly Account repeated = new("bytes of repeated text", (256L << 20) + Times(fileBytes, 1024));
    private readonly Account unpacked = new("unpacked bytes", (96L << 20) + Times(fileBytes, 1024));

    public void Rows(long count) => rows.Take(count, fileBytes);

    /// <summary>Elements of lists and members of structs.</summary>
    public void Nested(long count) => nested.Take(count, fileBytes);

    /// <summary>A text that is made.</summary>
    public void Text(long bytes)
    {
        if (bytes > RecordBytes) throw new InvalidDataException($"a value has {bytes:N0} bytes, at most {RecordBytes:N0} are read");
        text.Take(bytes, fileBytes);
    }

    /// <summary>A text of a dictionary that stands in a further row. It takes no memory by itself, but whoever reads the rows sees all of it.</summary>
    public void Repeated(long bytes) => repeated.Take(bytes, fileBytes);

    /// <summary>Bytes that a compressed buffer or page claims to hold.</summary>
    /// <param name="packed">Its size in the file.</param>
    /// <param name="claimed">What it claims.</param>
    public int Unpacked(long packed, long claimed)
    {
        // Text seldom shrinks to a hundredth; small buffers of one value do.
        if (claimed < 0 || claimed > Math.Max(Times(packed, 128), 16 << 20) || claimed > Array.MaxLength) throw new InvalidDataException($"{packed:N0} compressed bytes claim to hold {claimed:N0}");
        unpacked.Take(claimed, fileBytes);
        return (int)claimed;
    }

    private static long Times(long bytes, int times) => bytes > long.MaxValue / 2 / times ? long.MaxValue / 2 : bytes * times;

    private sealed class Account(string what, long most)
    {
        private long taken;

        public void Take(long count, long fileBytes)
        {
            if (count < 0 || count > most - taken) throw new InvalidDataException($"{fileBytes:N0} bytes unfold to more than {most:N0} {what}, which no honest file does");
            taken += count;
        }
    }
}
