namespace Unmask.Engine.Data.Tables.Parquet;

/// <summary>What the head of a page says.</summary>
internal sealed record PageHead
{
    /// <summary>0 data, 1 index, 2 dictionary, 3 data of the second version.</summary>
    public int Kind { get; set; } = -1;

    public int Unpacked { get; set; } = -1;

    public int Packed { get; set; } = -1;

    public int Values { get; set; }

    public int Encoding { get; set; }

    public int DefinitionEncoding { get; set; } = 3;

    public int RepetitionEncoding { get; set; } = 3;

    public int DefinitionBytes { get; set; }

    public int RepetitionBytes { get; set; }

    public bool IsPacked { get; set; } = true;
}

/// <summary>Reads heads of pages.</summary>
internal static class PageReader
{
    private const int FirstTry = 256;
    private const int LongestHead = 32 << 20;

    /// <param name="stream">The file.</param>
    /// <param name="at">Where the page begins.</param>
    /// <param name="end">Where the data of the file end.</param>
    /// <returns>The head, and where what it describes begins.</returns>
    public static (PageHead Head, long Body) ReadHead(Stream stream, long at, long end)
    {
        for (var size = FirstTry; ; size *= 8)
        {
            var wanted = (int)Math.Min(size, end - at);
            if (at < 0 || wanted <= 0) throw new InvalidDataException($"a page is to begin at byte {at:N0}, outside the file's data");
            var bytes = new byte[wanted];
            StreamBytes.Fill(stream, at, bytes);
            var isAll = wanted == end - at || size >= LongestHead;
            var thrift = new ThriftReader(bytes, bytes.Length) { Partial = !isAll };
            try
            {
                var head = Parse(thrift);
                return (Checked(head, end - at - thrift.Position), at + thrift.Position);
            }
            catch (EndOfStreamException) when (!isAll)
            {
                // A head with long texts in its statistics.
            }
        }
    }

    private static PageHead Checked(PageHead head, long left)
    {
        if (head.Packed < 0 || head.Packed > left) throw new InvalidDataException($"a page claims {head.Packed:N0} bytes; {left:N0} are left");
        if (head.Values < 0 || head.Unpacked < 0) throw new InvalidDataException($"a page claims {head.Values:N0} values in {head.Unpacked:N0} bytes");
        if (head.DefinitionBytes < 0 || head.RepetitionBytes < 0 || (long)head.DefinitionBytes + head.RepetitionBytes > Math.Min(head.Packed, head.Unpacked)) throw new InvalidDataException("a page has more bytes of levels than bytes");
        return head;
    }

    private static PageHead Parse(ThriftReader thrift)
    {
        var head = new PageHead();
        thrift.Struct((field, type) =>
        {
            switch (field, type)
            {
                case (1, ThriftType.Int32):
                    head.Kind = thrift.Int32();
                    return true;
                case (2, ThriftType.Int32):
                    head.Unpacked = thrift.Int32();
                    return true;
                case (3, ThriftType.Int32):
                    head.Packed = thrift.Int32();
                    return true;
                case (5 or 7 or 8, ThriftType.Struct):
                    thrift.Struct((inner, kind) => Inner(thrift, head, field, inner, kind));
                    return true;
                default:
                    return false;
            }
        });
        return head;
    }

    private static bool Inner(ThriftReader thrift, PageHead head, int form, int field, ThriftType type)
    {
        switch (form, field, type)
        {
            case (_, 1, ThriftType.Int32):
                head.Values = thrift.Int32();
                return true;
            case (5 or 7, 2, ThriftType.Int32) or (8, 4, ThriftType.Int32):
                head.Encoding = thrift.Int32();
                return true;
            case (5, 3, ThriftType.Int32):
                head.DefinitionEncoding = thrift.Int32();
                return true;
            case (5, 4, ThriftType.Int32):
                head.RepetitionEncoding = thrift.Int32();
                return true;
            case (8, 5, ThriftType.Int32):
                head.DefinitionBytes = thrift.Int32();
                return true;
            case (8, 6, ThriftType.Int32):
                head.RepetitionBytes = thrift.Int32();
                return true;
            case (8, 7, ThriftType.True or ThriftType.False):
                head.IsPacked = type == ThriftType.True;
                return true;
            default:
                return false;
        }
    }
}
