using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using Parquet.Serialization;
using Unmask.Core.Data;
using Unmask.Engine.Data.Files;
using Unmask.Engine.Data.Files.Discovery;
using Unmask.Engine.Data.Files.Readers;
using Unmask.Engine.Data.Inspection;
using Unmask.Engine.Data.Rows.Values;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Data;

public sealed class TableFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly List<BadLine> bad = [];

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Rows_with_another_number_of_fields_are_told_with_their_line()
    {
        var rows = Read(folder.Write("a.csv", "a,b\n1,2\n3\n\"x\ny\",5,6\n7,8\n"));
        Assert.Equal([2, 6], rows.Select(row => row.Line));
        Assert.Equal([3, 4], bad.Select(line => line.Line));
        Assert.Equal("3 fields, but the header on line 1 has 2 fields", bad[1].Reason);
    }

    [Fact]
    public void Fields_keep_quotes_separators_hashes_and_empty_texts()
    {
        var rows = Read(folder.Write("a.csv", "a,b\n\"say \"\"hi\"\", you\",it's 5\" long\n# no comment,\n\"\",\" x \"\n"));
        Assert.Equal(["say \"hi\", you", "# no comment", ""], Column(rows, "a"));
        Assert.Equal(["it's 5\" long", "", " x "], Column(rows, "b"));
        Assert.Empty(bad);
    }

    [Theory]
    [InlineData("a;b\n1,5;2\n")]
    [InlineData("a\tb\n1,5\t2\n")]
    [InlineData("a|b\r1,5|2\r")]
    [InlineData("a,b\r\n\"1,5\",2")]
    [InlineData("\uFEFFa,b\r\n\"1,5\",2")]
    public void Separator_and_line_ends_are_recognized(string text)
    {
        var row = Assert.Single(Read(folder.Write("a.csv", text)));
        Assert.Equal(["a", "b"], row.Values.Keys);
        Assert.Equal("1,5", (string)row.Values["a"]!);
    }

    [Fact]
    public void Of_very_many_bad_lines_a_page_holds_the_first()
    {
        var path = folder.Write("a.csv", "a,b\n" + string.Concat(Enumerable.Repeat("1,2,3\n", 1000)) + "4,5\n");
        using var pages = new DataPages();
        var page = pages.Read(new RowQuery(path, Format: null, "train", Search: null), 0, 10, 100, static _ => { }, CancellationToken.None);
        Assert.Single(page.Rows);
        Assert.Equal(Enumerable.Range(2, DataInspector.BadLinesTold).Select(line => (long)line), page.BadLines.Select(line => line.Line));
    }

    [Fact]
    public void Long_fields_have_no_limit()
    {
        var text = string.Concat(Enumerable.Repeat("long \"\"field\"\",\n", 200_000));
        var row = Assert.Single(Read(folder.Write("a.csv", $"a,b\n\"{text}\",2\n")));
        Assert.Equal(text.Replace("\"\"", "\"", StringComparison.Ordinal), (string)row.Values["a"]!);
    }

    [Fact]
    public void Quote_that_never_closes_is_told_with_what_is_lost()
    {
        Assert.Single(Read(folder.Write("a.csv", "a,b\n1,2\n\"3,4\n5,6\n")));
        Assert.Equal(3, Assert.Single(bad).Line);
        Assert.Contains("never closed", bad[0].Reason, StringComparison.Ordinal);
        Assert.Contains("line 5", bad[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Latin1_is_told_and_not_garbled()
    {
        Assert.Single(Read(folder.Write("a.csv", [.. "a,b\ncaf"u8, 0xE9, .. ",1\nok,2\n"u8])));
        Assert.Contains("not valid UTF-8", Assert.Single(bad).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Nameless_and_double_columns_get_names() =>
        Assert.Equal(["column_1", "a", "a_2"], Assert.Single(Read(folder.Write("a.csv", ",a,a\n1,2,3\n"))).Values.Keys);

    [Fact]
    public void Text_is_cut_into_lines_paragraphs_or_a_document()
    {
        var path = folder.Write("a.txt", "\none\u2028x\r\ntwo\r\n\r\n \nthree\n\n");
        Assert.Equal([(2, "one\u2028x"), (3, "two"), (6, "three")], Texts(path, TextUnit.Line));
        Assert.Equal([(2, "one\u2028x\ntwo"), (6, "three")], Texts(path, TextUnit.Paragraph));
        Assert.Equal([(1, "\none\u2028x\ntwo\n\n \nthree")], Texts(path, TextUnit.Document));
    }

    [Fact]
    public async Task Parquet_groups_numbers_lists_and_missing_values_are_read()
    {
        var rows = Enumerable.Range(0, 25).Select(i => new ParquetRow
        {
            Name = i % 3 == 0 ? null : $"row {i}",
            Small = i,
            Flag = i % 2 == 0,
            Score = i / 8f,
            Turns = [new ParquetTurn { Role = "user", Content = $"c{i}" }, new ParquetTurn { Role = "assistant", Content = null }],
            Tags = i == 4 ? [] : ["x", "y"],
        }).ToList();
        var path = folder["a.parquet"];
        await using (var file = File.Create(path)) await ParquetSerializer.SerializeAsync(rows, file, new Parquet.ParquetOptions { RowGroupSize = 10 });

        var read = Read(path);
        Assert.Equal(25, read.Count);
        for (var i = 0; i < 25; i++)
        {
            Assert.Equal(i + 1, read[i].Line);
            Assert.Equal(rows[i].Name, (string?)read[i].Values["Name"]);
            Assert.Equal(i, (int)read[i].Values["Small"]!);
            Assert.Equal(i % 2 == 0, (bool)read[i].Values["Flag"]!);
            Assert.Equal(i / 8.0, (double)read[i].Values["Score"]!);
            Assert.Equal($"c{i}", (string)read[i].Values["Turns"]![0]!["Content"]!);
            Assert.Null(read[i].Values["Turns"]![1]!["Content"]);
            // The library gives an empty list back as null.
            Assert.Equal(i == 4 ? 0 : 2, read[i].Values["Tags"]?.AsArray().Count ?? 0);
        }
    }

    [Theory]
    [InlineData(true, null)]
    [InlineData(false, null)]
    [InlineData(true, CompressionCodecType.Zstd)]
    [InlineData(false, CompressionCodecType.Zstd)]
    [InlineData(false, CompressionCodecType.Lz4Frame)]
    public void Arrow_lists_of_structs_dictionaries_and_slices_are_read(bool file, CompressionCodecType? codec)
    {
        var path = WriteArrow("a.arrow", file, codec);
        var rows = Read(path);

        Assert.Equal(6, rows.Count);
        for (var i = 0; i < 6; i++)
        {
            var k = i % 3;
            Assert.Equal(k == 1 ? null : $"t{k}", (string?)rows[i].Values["text"]);
            Assert.Equal(k % 2 == 0 ? "even" : "odd", (string)rows[i].Values["kind"]!);
            Assert.Equal(Enumerable.Range(0, k + 1).Select(n => $"u{k}{n}"), rows[i].Values["messages"]!.AsArray().Select(turn => (string)turn!["content"]!));
        }
    }

    [Fact]
    public void Saved_data_set_folders_are_read()
    {
        foreach (var split in new[] { "train", "test" })
        {
            Directory.CreateDirectory(folder["saved/" + split]);
            WriteArrow($"saved/{split}/data-00000-of-00001.arrow", file: false, codec: null);
            folder.Write($"saved/{split}/state.json", """{"_data_files": [{"filename": "data-00000-of-00001.arrow"}], "_split": "x", "_indices_files": null}""");
            folder.Write($"saved/{split}/dataset_info.json", "{}");
        }

        folder.Write("saved/dataset_dict.json", """{"splits": ["train", "test"]}""");
        var found = DatasetFiles.Find(folder["saved"]);
        Assert.Equal(["train", "test"], found.Splits.Keys);
        Assert.Equal(6, new RowReader().Read(found.Splits["test"], bad.Add).Count());

        var single = DatasetFiles.Find(folder["saved/test"]);
        Assert.Equal(["train"], single.Splits.Keys);
        File.Delete(folder["saved/test/data-00000-of-00001.arrow"]);
        Assert.Contains("does not exist", Assert.Throws<UserError>(() => DatasetFiles.Find(folder["saved"])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a.parquet")]
    [InlineData("a.arrow")]
    public void Damaged_binary_files_are_a_sentence(string name)
    {
        var path = folder.Write(name, "this is text and no table at all, whatever its name says");
        Assert.Contains(path, Assert.Throws<UserError>(() => Read(path)).Message, StringComparison.Ordinal);
    }

    private string WriteArrow(string name, bool file, CompressionCodecType? codec)
    {
        var text = new StringArray.Builder().Append("t0").AppendNull().Append("t2").Build();
        var kinds = new StringArray.Builder().Append("even").Append("odd").Build();
        var kindType = new DictionaryType(Int32Type.Default, StringType.Default, false);
        var kind = new DictionaryArray(kindType, new Int32Array.Builder().AppendRange([0, 1, 0]).Build(), kinds);

        var turn = new StructType([new Field("role", StringType.Default, true), new Field("content", StringType.Default, true)]);
        var roles = new StringArray.Builder();
        var contents = new StringArray.Builder();
        for (var k = 0; k < 3; k++)
        {
            for (var n = 0; n <= k; n++)
            {
                roles.Append("user");
                contents.Append($"u{k}{n}");
            }
        }

        var turns = new StructArray(turn, 6, [roles.Build(), contents.Build()], ArrowBuffer.Empty);
        var listType = new ListType(new Field("item", turn, true));
        var lists = new ListArray(listType, 3, new ArrowBuffer.Builder<int>().AppendRange([0, 1, 3, 6]).Build(), turns, ArrowBuffer.Empty);
        var schema = new Schema([new Field("text", StringType.Default, true), new Field("kind", kindType, true), new Field("messages", listType, true)], null);
        using var batch = new RecordBatch(schema, [text, kind, lists], 3);

        var options = new IpcOptions { CompressionCodec = codec, CompressionCodecFactory = new CompressionCodecFactory() };
        using var stream = File.Create(folder[name]);
        using var writer = file ? new ArrowFileWriter(stream, schema, leaveOpen: true, options) : new ArrowStreamWriter(stream, schema, leaveOpen: true, options);
        writer.WriteRecordBatch(batch);
        writer.WriteRecordBatch(batch);
        writer.WriteEnd();
        return folder[name];
    }

    private static IEnumerable<string> Column(IEnumerable<Row> rows, string name) => rows.Select(row => (string)row.Values[name]!);

    private IEnumerable<(long, string)> Texts(string path, TextUnit unit) =>
        new RowReader(unit).Read(DataFile.At(path), bad.Add).Select(row => (row.Line, (string)row.Values["text"]!));

    private List<Row> Read(string path) => [.. new RowReader().Read(DataFile.At(path), bad.Add)];

    private sealed class ParquetRow
    {
        public string? Name { get; set; }

        public int Small { get; set; }

        public bool Flag { get; set; }

        public float Score { get; set; }

        public List<ParquetTurn>? Turns { get; set; }

        public List<string>? Tags { get; set; }
    }

    private sealed class ParquetTurn
    {
        public string? Role { get; set; }

        public string? Content { get; set; }
    }
}
