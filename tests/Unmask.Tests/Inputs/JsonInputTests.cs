using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests.Inputs;

public sealed class JsonInputTests
{
    [Theory]
    [InlineData("""{"a": "\ud800"}""")]
    [InlineData("""{"\udc00x": 1}""")]
    [InlineData("""["\ud800\ud800"]""")]
    [InlineData("""{"a": 1,}""")]
    [InlineData("""{"a": 1} {"b": 2}""")]
    [InlineData("")]
    [InlineData("NaN")]
    public void What_is_wrong_is_found_while_parsing(string text) => Assert.ThrowsAny<JsonException>(() => JsonInput.Parse(text));

    [Fact]
    public void Deep_long_and_broken_texts_are_refused()
    {
        Assert.ThrowsAny<JsonException>(() => JsonInput.Parse(new string('[', 100_000)));
        Assert.ThrowsAny<JsonException>(() => JsonInput.Parse(new string('[', 65) + new string(']', 65)));
        Assert.ThrowsAny<JsonException>(() => JsonInput.Parse(new string('1', 1001)));
        Assert.ThrowsAny<JsonException>(() => JsonInput.Parse("[" + string.Join(',', Enumerable.Repeat("[]", 1_600_000)) + "]"));
        Assert.ThrowsAny<JsonException>(() => JsonInput.Parse([.. "{\"a\":\""u8, 0xFF, .. "\"}"u8]));
        Assert.ThrowsAny<JsonException>(() => JsonInput.Parse("\"half a pair: \ud800\""));
    }

    [Theory]
    [InlineData("[null]", JsonRules.NoNullInLists)]
    [InlineData("""{"a": {"b": [1, {"c": null}, null]}}""", JsonRules.NoNullInLists)]
    [InlineData("""[{"a": 1}, null]""", JsonRules.NoNullInLists)]
    [InlineData("""["a\u0000"]""", JsonRules.NoNul)]
    [InlineData("""{"\u0000": 1}""", JsonRules.NoNul)]
    public void What_a_reader_cannot_do_with_is_refused_where_it_says_so(string text, JsonRules rule)
    {
        Assert.ThrowsAny<JsonException>(() => JsonInput.Check(Encoding.UTF8.GetBytes(text), rules: rule).Length);
        JsonInput.Check(Encoding.UTF8.GetBytes(text), rules: ~rule);
    }

    [Fact]
    public void Null_stands_where_it_is_no_entry_of_a_list_at_any_depth()
    {
        foreach (var text in (string[])["null", """{"a": null}""", """[{"a": null}]""", """{"a": [], "b": null}""", string.Concat(Enumerable.Repeat("[", 63)) + """{"a": null}""" + new string(']', 63)])
            JsonInput.Check(Encoding.UTF8.GetBytes(text), rules: JsonRules.NoNullInLists);
        Assert.ThrowsAny<JsonException>(() => JsonInput.Check(Encoding.UTF8.GetBytes(new string('[', 64) + "null" + new string(']', 64)), rules: JsonRules.NoNullInLists).Length);
    }

    [Fact]
    public void Of_a_doubled_name_the_last_counts()
    {
        var read = JsonInput.Parse("""{"a": 1, "b": {"c": 1, "c": [2]}, "a": 3}""")!.AsObject();

        Assert.Equal(3, (int)read["a"]!);
        Assert.Equal("""{"a":3,"b":{"c":[2]}}""", read.ToJsonString());
        Assert.Equal(3, JsonInput.ParseElement("""{"a": 1, "a": 3}"""u8).GetProperty("a").GetInt32());
    }

    [Fact]
    public void Values_are_those_that_the_library_reads()
    {
        string text = """{"t": "é😀\n", "n": [1, -2.5, 1e300, 12345678901234567890], "b": true, "z": null, "o": {}, "e": []}""";

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(text), JsonInput.Parse(text)));
        Assert.Equal("é😀\n", (string)JsonInput.Parse("\uFEFF" + text)!["t"]!);
    }

    [Fact]
    public void A_record_whose_constructor_refuses_is_a_fault_of_the_text() =>
        Assert.ThrowsAny<JsonException>(() => JsonInput.Deserialize<Picky>(Encoding.UTF8.GetBytes("""{"Size": -1}"""), JsonSerializerOptions.Default));

    private sealed class Picky
    {
        public int Size
        {
            get;
            set => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value));
        }
    }
}
