using System.Text.Json.Nodes;
using Unmask.Core.Data;
using Unmask.Engine.Data.Files;
using Unmask.Engine.Data.Files.Readers;
using Unmask.Engine.Data.Rows.Values;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Data.Tables;

/// <summary>Forms of lists that older programs write, and files that claim what they do not hold.</summary>
public sealed class ParquetFormsTests
{
    private const int ListMark = 3;

    [Theory]
    [InlineData("array")]
    [InlineData("messages_tuple")]
    [InlineData("element")]
    [InlineData("list")]
    public void A_repeated_group_of_several_fields_is_the_element_itself(string name)
    {
        var maker = new ParquetMaker { Rows = 3 }.Root(1).Group("messages", 1, 1, ListMark).Group(name, 2, 2)
            .Column("role", 1, [0, 1, 0, 0], [3, 3, 1, 3], 3, ["user", "assistant", "user"])
            .Column("content", 1, [0, 1, 0, 0], [3, 2, 1, 3], 3, ["hi", "you"]);
        Assert.Equal(["""{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":null}]}""", """{"messages":[]}""", """{"messages":[{"role":"user","content":"you"}]}"""], Texts(maker));
    }

    [Theory]
    [InlineData("array", """[{"text":"a"},{"text":"b"}]""")]
    [InlineData("lines_tuple", """[{"text":"a"},{"text":"b"}]""")]
    [InlineData("list", """["a","b"]""")]
    [InlineData("bag", """["a","b"]""")]
    public void A_repeated_group_of_one_field_is_the_element_only_by_an_old_writers_name(string name, string list)
    {
        var maker = new ParquetMaker { Rows = 1 }.Root(1).Group("lines", 1, 1, ListMark).Group(name, 2, 1).Column("text", 1, [0, 1], [3, 3], 3, ["a", "b"]);
        Assert.Equal([$$"""{"lines":{{list}}}"""], Texts(maker));
    }

    [Fact]
    public void A_list_of_repeated_texts_and_a_repeated_text_without_a_mark_are_lists()
    {
        var maker = new ParquetMaker { Rows = 2 }.Root(2).Group("marked", 1, 1, ListMark).Column("array", 2, [0, 1, 0], [2, 2, 0], 2, ["a", "b"]).Column("plain", 2, [0, 0, 1], [0, 1, 1], 1, ["c", "d"]);
        Assert.Equal(["""{"marked":["a","b"],"plain":[]}""", """{"marked":null,"plain":["c","d"]}"""], Texts(maker));
    }

    [Fact]
    public void A_repeated_group_without_a_mark_is_a_list_of_objects()
    {
        var maker = new ParquetMaker { Rows = 2 }.Root(1).Group("messages", 2, 2).Column("role", 1, [0, 1, 0], [2, 2, 0], 2, ["user", "assistant"]).Column("content", 0, [0, 1, 0], [1, 1, 0], 1, ["q", "a"]);
        Assert.Equal(["""{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}""", """{"messages":[]}"""], Texts(maker));
    }

    [Fact]
    public void A_list_of_lists_of_two_levels_is_read()
    {
        var maker = new ParquetMaker { Rows = 1 }.Root(1).Group("a", 1, 1, ListMark).Group("array", 2, 1, ListMark).Column("array", 2, [0, 2, 1], [3, 3, 2], 3, ["x", "y"]);
        Assert.Equal(["""{"a":[["x","y"],[]]}"""], Texts(maker));
    }

    [Fact]
    public void Columns_without_a_name_and_of_one_name_are_read()
    {
        var maker = new ParquetMaker { Rows = 1 }.Root(2).Column("", 1, [], [1], 1, ["a"]).Column("b", 0, [], [0], 0, ["c"]);
        Assert.Equal(["""{"":"a","b":"c"}"""], Texts(maker));
    }

    [Theory]
    [InlineData(100_000_000)]
    [InlineData(1L << 40)]
    [InlineData(int.MaxValue)]
    [InlineData(-1)]
    public void A_small_file_that_claims_very_many_rows_is_refused_at_once(long rows)
    {
        var error = Assert.Throws<UserError>(() => Texts(new ParquetMaker { Rows = rows }.Root(1).NullColumn("a", Math.Clamp(rows, 0, int.MaxValue))));
        Assert.Contains("rows", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_million_nulls_are_rows_like_others()
    {
        var rows = 0;
        foreach (var _ in Read(new ParquetMaker { Rows = 1_000_000 }.Root(1).NullColumn("a", 1_000_000))) rows++;
        Assert.Equal(1_000_000, rows);
    }

    [Fact]
    public void Fewer_values_than_rows_and_lists_of_different_lengths_are_told()
    {
        Assert.Contains("fewer values", Assert.Throws<UserError>(() => Texts(new ParquetMaker { Rows = 3 }.Root(1).Column("a", 1, [], [1, 1], 1, ["x", "y"]))).Message, StringComparison.Ordinal);
        var maker = new ParquetMaker { Rows = 1 }.Root(1).Group("m", 2, 2).Column("a", 0, [0, 1], [1, 1], 1, ["x", "y"]).Column("b", 0, [0], [1], 1, ["z"]);
        Assert.Contains("disagree", Assert.Throws<UserError>(() => Texts(maker)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_that_claims_the_lengths_of_very_many_texts_is_refused_before_it_takes_memory()
    {
        Assert.Equal(["""{"a":""}""", """{"a":""}"""], Texts(new ParquetMaker { Rows = 2 }.Root(1).EmptyTexts("a", 2)));
        var maker = new ParquetMaker { Rows = 1 }.Root(1).EmptyTexts("a", int.MaxValue);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<UserError>(() => Texts(maker));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 20);
    }

    [Fact]
    public void A_dictionary_of_very_many_numbers_takes_memory_only_for_those_that_rows_have()
    {
        var maker = new ParquetMaker { Rows = 3 }.Root(1).NumberDictionary("a", new byte[16 << 20], 3);
        var file = maker.File();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal([0, 0, 0], Read(file, bad => Assert.Fail(bad.ToString())).Select(row => (int)row.Values["a"]!));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 20);
    }

    [Fact]
    public void A_row_with_a_text_that_is_none_is_told_and_the_others_are_read()
    {
        var file = new ParquetMaker { Rows = 3 }.Root(2).Column("a", 0, [], [0, 0, 0], 0, ["one", "tw@", "three"]).Column("b", 0, [], [0, 0, 0], 0, ["x", "y", "z"]).File();
        file[file.AsSpan().IndexOf("tw@"u8) + 2] = 0xFF;
        var bad = new List<BadLine>();
        Assert.Equal([(1, "one", "x"), (3, "three", "z")], Read(file, bad.Add).Select(row => (row.Line, (string)row.Values["a"]!, (string)row.Values["b"]!)));
        Assert.Equal(2, Assert.Single(bad).Line);
    }

    private static List<string> Texts(ParquetMaker maker) => [.. Read(maker).Select(row => new JsonObject(row.Values.Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone()))).ToJsonString())];

    private static IEnumerable<Row> Read(ParquetMaker maker) => Read(maker.File(), bad => Assert.Fail(bad.ToString()));

    private static IEnumerable<Row> Read(byte[] file, Action<BadLine> report) => new RowReader { Source = _ => new MemoryStream(file) }.Read(new DataFile("a.parquet", DataFormat.Parquet), report);
}
