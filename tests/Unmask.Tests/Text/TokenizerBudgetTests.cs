using System.Diagnostics;
using System.Text.Json.Nodes;
using Unmask.Primitives;
using Unmask.Text.Tokenizers;
using Xunit;

namespace Unmask.Tests.Text;

/// <summary>Whatever a tokenizer.json holds, it is read and used in time that grows with its size, or refused in a sentence.</summary>
public class TokenizerBudgetTests
{
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(20);

    [Fact]
    public void Normalizers_that_make_a_text_grow_without_end_are_refused()
    {
        var tenfold = """{"type": "Replace", "pattern": {"String": "a"}, "content": "aaaaaaaaaa"}""";
        var normalizer = $$"""{"type": "Sequence", "normalizers": [{{string.Join(",", Enumerable.Repeat(tenfold, 12))}}]}""";
        var error = Assert.Throws<UserError>(() => Parse(normalizer: normalizer).Encode("aaaa"));
        Assert.Contains("grow", error.Message);
        Assert.Equal(40, Parse(normalizer: tenfold).Encode("aaaa").Ids.Length);
    }

    [Fact]
    public void A_normalizer_that_makes_an_added_token_grow_is_refused_when_it_is_read()
    {
        var tenfold = """{"type": "Replace", "pattern": {"String": "a"}, "content": "aaaaaaaaaa"}""";
        var normalizer = $$"""{"type": "Sequence", "normalizers": [{{string.Join(",", Enumerable.Repeat(tenfold, 12))}}]}""";
        Assert.Contains("grow", Assert.Throws<UserError>(() => Parse(normalizer: normalizer, added: """[{"id": 9, "content": "aa", "normalized": true}]""")).Message);
    }

    [Fact]
    public void A_template_that_multiplies_a_text_is_refused()
    {
        var special = new JsonObject { ["s"] = new JsonObject { ["id"] = "s", ["ids"] = new JsonArray([.. Enumerable.Repeat(0, 10_000).Select(i => (JsonNode)i)]), ["tokens"] = new JsonArray([.. Enumerable.Repeat("a", 10_000).Select(t => (JsonNode)t)]) } };
        JsonObject Template(IEnumerable<JsonNode> parts) => new() { ["type"] = "TemplateProcessing", ["single"] = new JsonArray([.. parts]), ["pair"] = new JsonArray(), ["special_tokens"] = special.DeepClone() };
        var many = Template(Enumerable.Range(0, 100_000).Select(_ => (JsonNode)new JsonObject { ["SpecialToken"] = new JsonObject { ["id"] = "s", ["type_id"] = 0 } }));
        Assert.Contains("special tokens round a text", Quickly(() => Assert.Throws<UserError>(() => Parse(postProcessor: many.ToJsonString())).Message));

        JsonNode Text() => new JsonObject { ["Sequence"] = new JsonObject { ["id"] = "A", ["type_id"] = 0 } };
        var twice = Template([Text(), Text()]).ToJsonString();
        var nested = $$"""{"type": "Sequence", "processors": [{{string.Join(",", Enumerable.Repeat(twice, 40))}}]}""";
        Assert.Contains("repeats the text", Assert.Throws<UserError>(() => Parse(postProcessor: nested)).Message);
    }

    [Fact]
    public void Many_added_tokens_are_read_and_found_fast()
    {
        var added = new JsonArray([.. Enumerable.Range(0, 100_000).Select(i => (JsonNode)new JsonObject { ["id"] = i + 10, ["content"] = $"<t{i}>", ["normalized"] = i % 2 == 0, ["special"] = false })]);
        Quickly(() =>
        {
            var tokenizer = Parse(added: added.ToJsonString(), normalizer: """{"type": "Lowercase"}""");
            Assert.Equal(7 + 99_999, tokenizer.Encode("a<t99999>").Ids[1]);
            return tokenizer.Encode(string.Concat(Enumerable.Repeat("<t5", 20_000))).Ids.Length;
        });
    }

    [Theory]
    [InlineData("Unigram")]
    [InlineData("WordPiece")]
    [InlineData("Added")]
    public void Long_pieces_are_found_fast(string kind)
    {
        var piece = new string('a', 100_000) + "b";
        var tokenizer = kind switch
        {
            "Unigram" => Model($$"""{"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0], ["a", -1], ["{{piece}}", -2]]}"""),
            "WordPiece" => Model($$"""{"type": "WordPiece", "unk_token": "<unk>", "max_input_chars_per_word": 1000000, "vocab": {"<unk>": 0, "a": 1, "##a": 2, "{{piece}}": 3, "##{{piece}}": 4} }"""),
            _ => Parse(added: $$"""[{"id": 9, "content": "{{piece}}"}, {"id": 10, "content": "a"}]"""),
        };
        Assert.Equal(60_000, Quickly(() => tokenizer.Encode(new string('a', 60_000))).Ids.Length);
        Assert.Single(Quickly(() => tokenizer.Encode(piece)).Ids);
    }

    [Fact]
    public void A_sequence_of_very_many_steps_is_refused()
    {
        var normalizer = $$"""{"type": "Sequence", "normalizers": [{{string.Join(",", Enumerable.Repeat("""{"type": "NFC"}""", 5000))}}]}""";
        Assert.Contains("5,000 steps", Assert.Throws<UserError>(() => Parse(normalizer: normalizer)).Message);
    }

    [Fact]
    public void A_score_that_is_no_finite_number_is_refused() =>
        Assert.Contains("must be a number", Assert.Throws<UserError>(() => Model("""{"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0], ["a", 1e999]]}""")).Message);

    private static T Quickly<T>(Func<T> work)
    {
        var watch = Stopwatch.StartNew();
        var result = work();
        Assert.True(watch.Elapsed < _longest, $"It took {watch.Elapsed.TotalSeconds:F1} s.");
        return result;
    }

    private static Tokenizer Parse(string normalizer = "null", string postProcessor = "null", string added = "[]") =>
        Build($$"""{"added_tokens": {{added}}, "normalizer": {{normalizer}}, "post_processor": {{postProcessor}}, "model": {"type": "BPE", "unk_token": null, "vocab": {"a": 0, "b": 1, "<": 2, "t": 3, "5": 4, ">": 5, "x": 6}, "merges": []} }""");

    private static Tokenizer Model(string model) => Build($$"""{"added_tokens": [], "model": {{model}}}""");

    private static Tokenizer Build(string json) => Tokenizer.Parse(System.Text.Encoding.UTF8.GetBytes(json));
}
