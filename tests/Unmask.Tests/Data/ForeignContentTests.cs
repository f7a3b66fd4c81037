using System.Diagnostics;
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

/// <summary>Files that are not what they seem, and files that were joined.</summary>
public sealed class ForeignContentTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly List<BadLine> bad = [];

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("rows.jsonl")]
    [InlineData("rows.json")]
    [InlineData("rows.csv")]
    [InlineData("rows.tsv")]
    [InlineData("rows.txt")]
    [InlineData("rows.parquet")]
    [InlineData("rows.arrow")]
    [InlineData("rows.jsonl.gz")]
    public void A_pointer_of_git_lfs_is_named_as_such(string name)
    {
        var path = folder.Write(name, "version https://git-lfs.github.com/spec/v1\noid sha256:5b3c1e905b3c1e905b3c1e905b3c1e905b3c1e905b3c1e905b3c1e905b3c1e90\nsize 734003200\n");
        Refused(path, "Git LFS");
        Assert.Contains("Git LFS", Assert.Throws<UserError>(() => DatasetFiles.Find(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rows.jsonl", "\n<!DOCTYPE html>\n<html>")]
    [InlineData("rows.txt", "\uFEFF<html lang=en>")]
    [InlineData("rows.parquet", "<!doctype HTML><body>Sign in</body>")]
    public void A_web_page_is_told(string name, string text) => Refused(folder.Write(name, text), "HTML page");

    [Fact]
    public void Files_of_other_kinds_are_told_by_their_first_bytes()
    {
        Refused(folder.Write("a.csv", [.. "PK\x03\x04"u8, 1, 2, 3]), "ZIP");
        Refused(folder.Write("a.jsonl", [.. "PAR1"u8, 1, 2, 3, 4, 5, 6, 7, 8]), "name it .parquet");
        Refused(folder.Write("b.jsonl", [0x28, 0xB5, 0x2F, 0xFD, 1, 2, 3, 4]), "zstd");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Wide_text_is_read_with_a_mark_and_told_without(bool big)
    {
        var encoding = new UnicodeEncoding(big, byteOrderMark: true);
        var bytes = encoding.GetBytes("a,b\n1,grün\n");
        Assert.Equal("grün", (string)Assert.Single(Read(folder.Write("a.csv", [.. encoding.GetPreamble(), .. bytes]))).Values["b"]!);
        Refused(folder.Write("b.csv", bytes), "UTF-16");
    }

    [Fact]
    public void Marks_between_joined_files_are_passed_over()
    {
        Assert.Equal([1, 2], Read(folder.Write("a.jsonl", "\uFEFF{\"a\": 1}\n\uFEFF{\"a\": 2}\n")).Select(row => (int)row.Values["a"]!));
        Assert.Equal([1, 2, 3], Read(folder.Write("a.json", "\uFEFF[{\"a\": 1}]\n\uFEFF[{\"a\": 2}, {\"a\": 3}]")).Select(row => (int)row.Values["a"]!));
        Assert.Equal(["x", "y"], Read(folder.Write("a.txt", "\uFEFFx\n\uFEFFy\n")).Select(row => (string)row.Values["text"]!));
        Assert.Empty(bad);

        Assert.Equal(["1", "3"], Read(folder.Write("a.csv", "\uFEFFa,b\n1,2\n\uFEFFa,b\n3,4\n")).Select(row => (string)row.Values["a"]!));
        Assert.Equal(3, Assert.Single(bad).Line);
        Assert.Contains("repeats the header", bad[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Wide_text_in_the_middle_of_a_file_is_told()
    {
        var path = folder.Write("a.jsonl", [.. "{\"a\": 1}\n"u8, 0xFF, 0xFE, .. Encoding.Unicode.GetBytes("{\"a\": 2}\n")]);
        Assert.Single(Read(path));
        Assert.Contains("UTF-16 starts within", bad[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_named_pipe_and_a_device_are_sentences()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no pipes among its files.");
        using (var made = Process.Start("mkfifo", folder["a.jsonl"])) made.WaitForExit();
        Refused(folder["a.jsonl"], "pipe");
        Assert.Contains("pipe", Assert.Throws<UserError>(() => DatasetFiles.Find(folder["a.jsonl"])).Message, StringComparison.Ordinal);
        Assert.Contains("device", Assert.Throws<UserError>(() => new RowReader().Read(new DataFile("/dev/zero", DataFormat.JsonLines), bad.Add).Count()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Gzip_that_unpacks_to_nothing_but_blanks_without_end_is_refused()
    {
        using (var file = new GZipStream(File.Create(folder["a.jsonl.gz"]), CompressionLevel.SmallestSize))
        {
            var blank = Encoding.UTF8.GetBytes(new string(' ', 1 << 20));
            for (var i = 0; i < 200; i++) file.Write(blank);
        }

        Refused(folder["a.jsonl.gz"], "unpacks to more than");
    }

    [Fact]
    public void A_line_longer_than_a_record_may_be_is_a_bad_line_and_the_next_ones_are_read()
    {
        var line = new string('x', 34 << 20);
        Assert.Equal([2L], Read(folder.Write("a.jsonl", $"{{\"a\": \"{line}\"}}\n{{\"a\": 1}}\n")).Select(row => row.Line));
        Assert.Equal([3L], Read(folder.Write("a.csv", $"a,b\n{line},2\n3,4\n")).Select(row => row.Line));
        Assert.All(bad, one => Assert.Contains("MiB", one.Reason, StringComparison.Ordinal));
        Assert.Equal(2, bad.Count);
    }

    [Fact]
    public void A_number_of_many_digits_is_a_bad_line()
    {
        Assert.Single(Read(folder.Write("a.jsonl", $"{{\"a\": {new string('7', 5000)}}}\n{{\"a\": {new string('7', 900)}}}\n")));
        Assert.Contains("5,000 digits", Assert.Single(bad).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Many_columns_of_one_name_are_named_at_once_and_too_many_are_refused()
    {
        var start = Stopwatch.GetTimestamp();
        var names = Assert.Single(Read(folder.Write("a.csv", string.Join(',', Enumerable.Repeat("c", 10_000)) + "\n" + new string(',', 9_999) + "\n"))).Values.Keys.ToList();
        Assert.Equal(["c", "c_2", "c_3", "c_10000"], [names[0], names[1], names[2], names[^1]]);
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(5));
        Refused(folder.Write("b.csv", new string(',', 20_000) + "\n1\n"), "20,001 fields");
    }

    private List<Row> Read(string path) => [.. new RowReader().Read(DataFile.At(path), bad.Add)];

    private void Refused(string path, string with)
    {
        var error = Assert.Throws<UserError>(() => Read(path));
        Assert.Contains(with, error.Message, StringComparison.Ordinal);
        Assert.Contains(path, error.Message.Replace("'", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }
}
