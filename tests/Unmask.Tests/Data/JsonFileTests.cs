using System.IO.Compression;
using System.Text;
using Unmask.Core.Data;
using Unmask.Engine.Data.Files;
using Unmask.Engine.Data.Files.Discovery;
using Unmask.Engine.Data.Files.Readers;
using Unmask.Engine.Data.Rows.Values;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Data;

public sealed class JsonFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly List<BadLine> bad = [];

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_row_of_very_many_numbers_is_told_and_the_next_is_read()
    {
        var path = folder.Write("a.jsonl", "{\"a\": [" + string.Concat(Enumerable.Repeat("0,", 1_100_000)) + "0]}\n{\"a\": 1}\n");
        Assert.Equal(2, Assert.Single(new RowReader().Read(DataFile.At(path), bad.Add)).Line);
        Assert.Equal(1, Assert.Single(bad).Line);
    }

    [Fact]
    public void A_file_that_was_found_is_not_looked_through_again()
    {
        var file = Assert.Single(DatasetFiles.Find(folder.Write("a.json", """{"data": [{"a": 1}]}""")).Splits["train"]);
        var opened = 0;
        Stream Open(string path)
        {
            opened++;
            return File.OpenRead(path);
        }

        Assert.Single(new RowReader { Source = Open }.Read(file, bad.Add));
        // Once for its first bytes, once for its rows.
        Assert.Equal(2, opened);
    }

    [Fact]
    public void Bad_lines_are_told_with_place_and_reason_and_the_others_are_read()
    {
        var path = folder.Write("a.jsonl",
            "{\"a\": 1}\n{\"a\": }\n[1]\n\"text\"\n{\"a\": 2} x\n{\"a\": NaN}\n{\"a\": \"\\ud83d\"}\n{\"a\": 3}\n{\"a\": \"never ends\n{\"a\": 4}");
        var rows = Read(path);

        Assert.Equal([1, 8, 10], rows.Select(row => row.Line));
        Assert.Equal([2, 3, 4, 5, 6, 7, 9], bad.Select(line => line.Line));
        Assert.All(bad, line => Assert.Equal(path, line.File));
        Assert.Contains("byte 7", bad[0].Reason, StringComparison.Ordinal);
        Assert.Contains("an array", bad[1].Reason, StringComparison.Ordinal);
        Assert.Contains("a text", bad[2].Reason, StringComparison.Ordinal);
        Assert.Contains("NaN", bad[4].Reason, StringComparison.Ordinal);
        Assert.Contains("surrogate", bad[5].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_not_utf8_make_a_bad_line()
    {
        var path = folder.Write("a.jsonl", [.. "{\"a\": \"caf"u8, 0xE9, .. "\"}\n{\"a\": \"café\"}\n"u8]);
        Assert.Equal("café", (string)Assert.Single(Read(path)).Values["a"]!);
        Assert.Contains("0xE9", Assert.Single(bad).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Last_of_double_keys_counts_also_deep_inside()
    {
        var row = Assert.Single(Read(folder.Write("a.jsonl", """{"a": 1, "b": {"c": 1, "c": 2}, "a": 3}""")));
        Assert.Equal(["a", "b"], row.Values.Keys);
        Assert.Equal(3, (int)row.Values["a"]!);
        Assert.Equal(2, (int)row.Values["b"]!["c"]!);
    }

    [Fact]
    public void Numbers_keep_their_form()
    {
        var row = Assert.Single(Read(folder.Write("a.jsonl", """{"a": 1.0, "b": 12345678901234567890, "c": -1e3, "d": true, "e": null}""")));
        Assert.Equal(["1.0", "12345678901234567890", "-1e3", "true"], row.Values.Values.Take(4).Select(value => value!.ToJsonString()));
        Assert.Null(row.Values["e"]);
    }

    [Fact]
    public void Deep_nesting_is_read_and_the_absurd_is_refused()
    {
        static string Nested(int depth) => "{\"a\": " + new string('[', depth) + new string(']', depth) + "}\n";
        var rows = Read(folder.Write("a.jsonl", Nested(400) + Nested(100_000) + Nested(1)));
        Assert.Equal([1, 3], rows.Select(row => row.Line));
        Assert.Equal(2, Assert.Single(bad).Line);
    }

    [Fact]
    public void Huge_lines_are_read()
    {
        var text = new string('é', 3_000_000);
        var rows = Read(folder.Write("a.jsonl", $"{{\"a\": \"{text}\"}}\n{{\"a\": \"b\"}}"));
        Assert.Equal([text, "b"], rows.Select(row => (string)row.Values["a"]!));
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    [InlineData("utf-32")]
    public void Byte_order_marks_are_understood(string encoding)
    {
        var text = Encoding.GetEncoding(encoding);
        var path = folder.Write("a.jsonl", [.. text.GetPreamble(), .. text.GetBytes("{\"a\": \"日本語 😀\"}\n{\"a\": \"b\"}\n")]);
        Assert.Equal(["日本語 😀", "b"], Read(path).Select(row => (string)row.Values["a"]!));
    }

    [Theory]
    [InlineData("a.jsonl.gz", "{\"a\": \"x\"}\n")]
    [InlineData("a.json.gz", "[{\"a\": \"x\"}]")]
    [InlineData("a.csv.gz", "a\nx\n")]
    [InlineData("a.tsv.gz", "a\tb\nx\ty\n")]
    [InlineData("a.jsonl", "{\"a\": \"x\"}\n")]
    public void Gzip_is_unpacked(string name, string text)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(Encoding.UTF8.GetBytes(text));
        Assert.Equal("x", (string)Assert.Single(Read(folder.Write(name, packed.ToArray()))).Values["a"]!);
    }

    [Fact]
    public void Cut_gzip_is_a_sentence()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            for (var i = 0; i < 20_000; i++) gzip.Write(Encoding.UTF8.GetBytes($"{{\"a\": {i * 7919L % 10007}}}\n"));
        }

        var path = folder.Write("a.jsonl.gz", packed.ToArray()[..^2000]);
        var problem = Record.Exception(() => Read(path));
        Assert.Contains(path, problem is UserError ? problem.Message : Assert.Single(bad).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"version": "1", "data": [{"a": 1}, {"a": 2}]}""")]
    [InlineData("{\"a\": 1}\n{\"a\": 2}\n")]
    [InlineData("{\n \"a\": 1\n}\n{\n \"a\": 2\n}\n")]
    [InlineData("[{\"a\": 1},\n{\"a\": 2}]")]
    public void Json_files_are_read_in_every_layout(string text) =>
        Assert.Equal([1, 2], Read(folder.Write("a.json", text)).Select(row => (int)row.Values["a"]!));

    [Fact]
    public void Single_object_is_one_row() =>
        Assert.Single(Read(folder.Write("a.json", """{"messages": [{"role": "user", "content": "x"}]}""")));

    [Fact]
    public void Array_goes_on_behind_a_bad_element()
    {
        var rows = Read(folder.Write("a.json", "[{\"a\": 1},\n{\"a\": tru},\n3,\n{\"a\": \"],{\"},\n{\"a\": 2}] tail"));
        Assert.Equal([1, 4, 5], rows.Select(row => row.Line));
        Assert.Equal([2, 3, 5], bad.Select(line => line.Line));
        Assert.Contains("after the end of the array", bad[2].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Array_that_is_cut_off_is_told()
    {
        Assert.Single(Read(folder.Write("a.json", "[{\"a\": 1}, {\"a\": \"x")));
        Assert.Contains(bad, line => line.Reason.Contains("the file ends inside", StringComparison.Ordinal));
    }

    [Fact]
    public void Object_of_splits_is_taken_apart()
    {
        var path = folder.Write("a.json", """{"train": [{"a": 1}, {"a": 2}], "test": [{"a": 3}], "note": "x"}""");
        var found = DatasetFiles.Find(path);
        Assert.Equal(["train", "test"], found.Splits.Keys);
        Assert.Equal([3], new RowReader().Read(found.Splits["test"], bad.Add).Select(row => (int)row.Values["a"]!));
        Assert.Equal([1, 2], new RowReader().Read(found.Splits["train"], bad.Add).Select(row => (int)row.Values["a"]!));
    }

    private List<Row> Read(string path) => [.. new RowReader().Read(DataFile.At(path), bad.Add)];
}
