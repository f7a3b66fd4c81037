using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using Unmask.Core.Data;
using Unmask.Engine.Data.Files;
using Unmask.Engine.Data.Files.Readers;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Data.Tables;

/// <summary>Arrow files that claim more than they hold, and honest ones that hold much in few bytes.</summary>
public sealed class ArrowClaimsTests : IDisposable
{
    private const byte Schema = 1;
    private const byte Batch = 3;
    private const byte Int = 2;
    private const byte Utf8 = 5;
    private const byte List = 12;
    private const long Much = 300L << 20;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_schema_whose_columns_are_all_one_is_refused_before_it_takes_memory()
    {
        var column = Field(new string('n', 1 << 20), Utf8);
        Assert.Equal(0, Rows(FlatMaker.Message(Schema, Columns(column, column))));
        Refused(FlatMaker.Message(Schema, Columns([.. Enumerable.Repeat(column, 10_000)])));
    }

    [Fact]
    public void Metadata_whose_pairs_are_all_one_are_refused_before_they_take_memory()
    {
        var pair = new FlatMaker.Table((0, FlatMaker.Text(new string('k', 1 << 16))));
        byte[] File(int pairs) => FlatMaker.Message(Schema, Columns(Field("a", Utf8, (6, new FlatMaker.Tables([.. Enumerable.Repeat(pair, pairs)])))));
        Assert.Equal(0, Rows(File(2)));
        Refused(File(30_000));
    }

    [Fact]
    public void A_footer_that_names_a_batch_twice_is_refused()
    {
        byte[] batch = FlatMaker.Message(Batch, new FlatMaker.Table((0, 1L), (1, Structs(1, 0)), (2, Structs(0, 0, 0, 8))), new byte[8]);
        byte[] File(params long[] places)
        {
            var blocks = new FlatMaker.Raw(places.Length, [.. places.SelectMany(place => BitConverter.GetBytes(place).Concat(new byte[16]))]);
            var footer = FlatMaker.Bytes(new FlatMaker.Table((1, Columns(Field("a", Int, (3, new FlatMaker.Table((0, 64)))))), (3, blocks)));
            return [.. "ARROW1\0\0"u8, .. batch, .. footer, .. BitConverter.GetBytes(footer.Length), .. "ARROW1"u8];
        }

        Assert.Equal(1, Rows(File(8)));
        Refused(File(8, 8));
    }

    [Fact]
    public void A_dictionary_has_one_type_or_else_it_nests_without_end()
    {
        FlatMaker.Table Coded(string name, long number, byte type, params (int, object)[] more) => Field(name, type, [(4, new FlatMaker.Table((0, number))), .. more]);
        FlatMaker.Table ListOf(string name, long number, FlatMaker.Table item) => Coded(name, number, List, (5, new FlatMaker.Tables([item])));
        Refused(FlatMaker.Message(Schema, Columns(ListOf("a", 0, Coded("item", 1, Utf8)), ListOf("b", 1, Coded("item", 2, Utf8)))));
        Refused(FlatMaker.Message(Schema, Columns(ListOf("a", 0, Coded("item", 0, Utf8)))));
        Assert.Equal(0, Rows(FlatMaker.Message(Schema, Columns(ListOf("a", 0, Coded("item", 1, Utf8)), ListOf("b", 0, Coded("item", 1, Utf8)), Coded("c", 1, Utf8)))));
    }

    [Fact]
    public void A_cell_of_very_many_numbers_is_refused_before_it_takes_memory()
    {
        const int count = 2_000_000;
        var numbers = new Int8Array.Builder().AppendRange(new sbyte[count]).Build();
        var type = new ListType(new Apache.Arrow.Field("item", Int8Type.Default, true));
        Refused(File.ReadAllBytes(Write(new ListArray(type, 1, new ArrowBuffer.Builder<int>().AppendRange([0, count]).Build(), numbers, ArrowBuffer.Empty), CompressionCodecType.Zstd)));
    }

    [Theory]
    [InlineData(CompressionCodecType.Lz4Frame)]
    [InlineData(CompressionCodecType.Zstd)]
    public void A_column_of_one_long_text_is_honest_however_well_it_packs(CompressionCodecType codec)
    {
        const int rows = 20_000;
        var texts = new StringArray.Builder();
        var text = string.Concat(Enumerable.Range(0, 400).Select(i => $"{i,4} "));
        for (var i = 0; i < rows; i++) texts.Append(text);
        var path = Write(texts.Build(), codec);
        Assert.True(new FileInfo(path).Length < rows * text.Length / 128);
        Assert.Equal(rows, new RowReader().Read(DataFile.At(path), bad => Assert.Fail(bad.ToString())).Count(row => (string)row.Values["a"]! == text));
    }

    [Fact]
    public void A_row_with_a_text_that_is_none_is_told_and_the_others_are_read()
    {
        var file = File.ReadAllBytes(Write(new StringArray.Builder().Append("one").Append("tw@").Append("three").Build(), codec: null));
        file[file.AsSpan().IndexOf("tw@"u8) + 2] = 0xFF;
        var bad = new List<BadLine>();
        Assert.Equal([(1, "one"), (3, "three")], Reader(file).Read(DataFile.At("a.arrow"), bad.Add).Select(row => (row.Line, (string)row.Values["a"]!)));
        Assert.Equal(2, Assert.Single(bad).Line);
    }

    private static FlatMaker.Table Field(string name, byte type, params (int Field, object Value)[] more)
    {
        (int Field, object Value)[] usual = [(0, FlatMaker.Text(name)), (2, type), (3, new FlatMaker.Table())];
        return new FlatMaker.Table([.. usual.Where(field => more.All(other => other.Field != field.Field)), .. more]);
    }

    private static FlatMaker.Table Columns(params FlatMaker.Table[] columns) => new((1, new FlatMaker.Tables(columns)));

    private static FlatMaker.Raw Structs(params long[] numbers) => new(numbers.Length / 2, [.. numbers.SelectMany(BitConverter.GetBytes)]);

    private static RowReader Reader(byte[] file) => new() { Source = _ => new MemoryStream(file) };

    private static int Rows(byte[] file) => Reader(file).Read(DataFile.At("a.arrow"), bad => Assert.Fail(bad.ToString())).Count();

    private static void Refused(byte[] file)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<UserError>(() => Rows(file));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Much);
    }

    private string Write(IArrowArray column, CompressionCodecType? codec)
    {
        var schema = new Apache.Arrow.Schema([new Apache.Arrow.Field("a", column.Data.DataType, true)], null);
        using var batch = new RecordBatch(schema, [column], column.Length);
        using var stream = File.Create(folder["a.arrow"]);
        using var writer = new ArrowFileWriter(stream, schema, leaveOpen: true, new IpcOptions { CompressionCodec = codec, CompressionCodecFactory = new CompressionCodecFactory() });
        writer.WriteRecordBatch(batch);
        writer.WriteEnd();
        return folder["a.arrow"];
    }
}
