using System.Text.Json.Nodes;
using Unmask.Text.Tokenizers;
using Xunit;

namespace Unmask.Tests.Text;

/// <summary>Parts of tokenizer.json that no golden file reaches, by the rules of Hugging Face's library.</summary>
public class TokenizerPartTests
{
    private static readonly string[] _words = ["[UNK]", "[MASK]", "the", "-", "final", "countdown", "the-", "final-", "-final", "-countdown", "--", "hello", "a"];

    [Theory]
    [InlineData("Removed", "the final countdown")]
    [InlineData("Isolated", "the - final - - countdown")]
    [InlineData("MergedWithPrevious", "the- final- - countdown")]
    [InlineData("MergedWithNext", "the -final - -countdown")]
    [InlineData("Contiguous", "the - final -- countdown")]
    public void Split_treats_the_delimiter_as_its_behavior_says(string behavior, string expected)
    {
        var split = $$"""{"type": "Split", "pattern": {"String": "-"}, "behavior": "{{behavior}}", "invert": false}""";
        var encoding = Words(preTokenizer: split).Encode("the-final--countdown");
        Assert.Equal(expected, string.Join(' ', encoding.Tokens));
        Assert.Equal(expected, string.Join(' ', encoding.Offsets.Select(o => "the-final--countdown"[o.Start..o.End])));
    }

    [Fact]
    public void An_inverted_split_keeps_what_matches()
    {
        var split = """{"type": "Split", "pattern": {"Regex": "[a-z]+"}, "behavior": "Removed", "invert": true}""";
        Assert.Equal(["the", "final", "countdown"], Words(preTokenizer: split).Encode("the-final--countdown").Tokens);
    }

    [Theory]
    [InlineData("always", "▁he llo ▁the", "▁the ▁the")]
    [InlineData("first", "▁he llo ▁the", "▁the the")]
    [InlineData("never", "he llo ▁the", "the the")]
    public void Metaspace_marks_words_as_its_scheme_says(string scheme, string plain, string afterToken)
    {
        var metaspace = $$"""{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "{{scheme}}", "split": true}""";
        var tokenizer = Build(
            """{"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0], ["▁", -9], ["▁the", -3], ["the", -4], ["▁he", -3], ["he", -4], ["llo", -4], ["h", -9], ["e", -9]]}""",
            metaspace, decoder: metaspace, added: """[{"id": 9, "content": "<s>", "special": true, "normalized": false}]""");
        Assert.Equal(plain, string.Join(' ', tokenizer.Encode("hello the").Tokens));
        Assert.Equal(afterToken, string.Join(' ', tokenizer.Encode("the<s>the", parseSpecialTokens: true).Tokens.Where(t => t != "<s>")));
        Assert.Equal("hello the", tokenizer.Decode(tokenizer.Encode("hello the").Ids, false));
    }

    [Fact]
    public void Metaspace_marks_no_first_word_whose_beginning_the_normalizer_dropped()
    {
        var metaspace = """{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": true}""";
        var tokenizer = Build("""{"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0], ["▁a", -3], ["a", -4]]}""", metaspace, """{"type": "Nmt"}""");
        Assert.Equal([1], tokenizer.Encode("a").Ids);
        Assert.Equal([2], tokenizer.Encode("\u0001a").Ids);
    }

    [Theory]
    [InlineData(" a", 0, 2)]
    [InlineData("  ", 2, 2)]
    public void Trimmed_offsets_leave_out_blanks_that_were_not_put_there(string text, int start, int end)
    {
        var tokenizer = Build(
            """{"type": "BPE", "vocab": {"Ġ": 0, "a": 1, "Ġa": 2, "ĠĠ": 3}, "merges": ["Ġ a", "Ġ Ġ"]}""",
            """{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true}""",
            postProcessor: """{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true}""");
        Assert.Equal([(start, end)], tokenizer.Encode(text).Offsets);
    }

    [Fact]
    public void Unigram_takes_the_likeliest_cut_and_fuses_what_it_does_not_know()
    {
        var tokenizer = Build("""{"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0], ["a", -1], ["b", -1], ["ab", -1.5], ["abc", -9], ["c", -1]]}""");
        Assert.Equal([3, 5], tokenizer.Encode("abc").Ids);
        var unknown = tokenizer.Encode("aXYb");
        Assert.Equal([1, 0, 2], unknown.Ids);
        Assert.Equal([(0, 1), (1, 3), (3, 4)], unknown.Offsets);
    }

    [Fact]
    public void Byte_fallback_writes_unknown_characters_in_bytes_and_reads_them_back()
    {
        var vocabulary = new JsonObject { ["<unk>"] = 0, ["a"] = 1 };
        for (int b = 0; b < 256; b++) vocabulary[$"<0x{b:X2}>"] = b + 2;
        var model = new JsonObject { ["type"] = "BPE", ["unk_token"] = "<unk>", ["byte_fallback"] = true, ["vocab"] = vocabulary, ["merges"] = new JsonArray() };
        var tokenizer = Build(model.ToJsonString(), decoder: """{"type": "Sequence", "decoders": [{"type": "ByteFallback"}, {"type": "Fuse"}]}""");
        var encoding = tokenizer.Encode("a😀");
        Assert.Equal([1, 0xF0 + 2, 0x9F + 2, 0x98 + 2, 0x80 + 2], encoding.Ids);
        Assert.Equal([(0, 1), (1, 2), (1, 2), (1, 2), (1, 2)], encoding.Offsets);
        Assert.Equal("a😀", tokenizer.Decode(encoding.Ids, false));
        Assert.Equal("a\uFFFD\uFFFD", tokenizer.Decode(encoding.Ids.AsSpan(0, 3), false));
    }

    [Fact]
    public void Bpe_joins_the_pair_learned_first()
    {
        var tokenizer = Build("""{"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2, "bc": 3, "ab": 4, "abc": 5}, "merges": ["b c", "a b", "ab c"]}""");
        Assert.Equal([0, 3], tokenizer.Encode("abc").Ids);
        Assert.Equal([4, 4], tokenizer.Encode("abab").Ids);
        var whole = Build("""{"type": "BPE", "ignore_merges": true, "vocab": {"a": 0, "b": 1, "c": 2, "bc": 3, "ab": 4, "abc": 5}, "merges": [["b", "c"], ["a", "b"], ["ab", "c"]]}""");
        Assert.Equal([5], whole.Encode("abc").Ids);
    }

    [Theory]
    [InlineData("\"lstrip\": true", "the  [X] a", "the|  [X]| a")]
    [InlineData("\"rstrip\": true", "the [X]  a", "the |[X]  |a")]
    [InlineData("\"single_word\": true", "the[X]a [X]", "the[X]a |[X]")]
    public void Added_tokens_follow_their_flags(string flag, string text, string expected)
    {
        var added = $$"""[{"id": 99, "content": "[X]", {{flag}}, "normalized": false, "special": false}]""";
        var encoding = Words(added: added).Encode(text);
        Assert.Equal(expected, string.Join('|', encoding.Offsets.Select(o => text[o.Start..o.End])));
    }

    [Fact]
    public void White_space_that_an_added_token_took_along_is_no_further_one()
    {
        var tokenizer = Words(added: """[{"id": 99, "content": " ", "lstrip": true, "rstrip": true, "normalized": false, "special": false}]""");
        Assert.Equal(["the", " ", "a"], tokenizer.Encode("the   a").Tokens.Select(token => token.Trim() is { Length: > 0 } word ? word : " "));
    }

    [Fact]
    public void A_normalized_added_token_is_found_in_its_normalized_form()
    {
        var tokenizer = Words(normalizer: """{"type": "Lowercase"}""", added: """[{"id": 99, "content": "Hey", "normalized": true, "special": false}]""");
        Assert.Equal(13, tokenizer.Encode("hEY").Ids.Single());
    }

    [Fact]
    public void Text_never_becomes_a_special_token_unless_asked()
    {
        var added = """[{"id": 1, "content": "[MASK]", "normalized": false, "special": true}]""";
        var tokenizer = Words(preTokenizer: """{"type": "WhitespaceSplit"}""", added: added);
        Assert.Equal([2, 1, 12], tokenizer.Encode("the [MASK] a", parseSpecialTokens: true).Ids);
        // The word [MASK] is in the vocabulary of whole words too: still it must not come out.
        var typed = tokenizer.Encode("the [MASK] a").Ids;
        Assert.DoesNotContain(1, typed);
        Assert.Equal(2, typed[0]);
        Assert.Equal(12, typed[^1]);
    }

    [Theory]
    [InlineData("NFD", "é", "e\u0301")]
    [InlineData("NFC", "e\u0301", "é")]
    [InlineData("NFC", "q\u0307\u0323", "q\u0323\u0307")]
    [InlineData("NFC", "\u1112\u1161\u11AB", "한")]
    [InlineData("NFD", "한", "\u1112\u1161\u11AB")]
    [InlineData("NFKC", "ﬁ①㈱", "fi1(株)")]
    [InlineData("NFC", "\U0001D15E", "\U0001D157\U0001D165")]
    // The combining class of U+1DF6 came with Unicode 10; the library does not know it.
    [InlineData("NFD", "a\u1DF6\u0323", "a\u1DF6\u0323")]
    [InlineData("Lowercase", "İKΣ𐐀", "i\u0307kσ𐐨")]
    [InlineData("StripAccents", "e\u0301x", "ex")]
    public void Normalizers_write_the_form_they_are_named_after(string kind, string text, string expected)
    {
        var tokenizer = Characters($$"""{"type": "{{kind}}"}""", expected);
        Assert.Equal(expected, string.Concat(tokenizer.Encode(text).Tokens));
    }

    [Fact]
    public void Offsets_lead_back_through_normalization_and_count_code_points()
    {
        var tokenizer = Characters("""{"type": "NFD"}""", "e\u0301x😀");
        Assert.Equal([(0, 1), (1, 2), (1, 2), (2, 3)], tokenizer.Encode("😀éx").Offsets);
    }

    [Theory]
    [InlineData(@"\p{L}+", "𝒳𐐀a 1", "𝒳𐐀a")]
    [InlineData(@"[^\s\p{L}]+", "a😀! b", "😀!")]
    [InlineData(@"(?i:'S)", "it's", "'s")]
    [InlineData(@"(?i:σ)+", "aςΣσ", "ςΣσ")]
    [InlineData(@"(?i:[à-þ])+", "aÉéß1", "Éé")]
    [InlineData(@"(?i:[^A])+", "Aab", "b")]
    [InlineData(@"(?i:\p{Lu})+", "aBCd", "BC")]
    // Outside brackets alone the superscripts of Latin-1 are word characters.
    [InlineData(@"\w+", "-a²-", "a²")]
    [InlineData(@"[\w]+", "-a²-", "a")]
    [InlineData(@"a{2}?b", "aab", "aab")]
    [InlineData(@"(?<=x)y", "y xy", "y")]
    [InlineData(@"\s+(?!\S)", "a   b", "  ")]
    [InlineData(@"[\p{L}&&[^a-c]]+", "abcd", "d")]
    [InlineData(@"\p{Han}+", "ab漢字", "漢字")]
    public void Patterns_match_whole_code_points(string regex, string text, string expected)
    {
        var split = new JsonObject
        {
            ["type"] = "Split",
            ["pattern"] = new JsonObject { ["Regex"] = regex },
            ["behavior"] = "Removed",
            ["invert"] = true,
        };
        var encoding = Words(preTokenizer: split.ToJsonString()).Encode(text);
        var starts = text.EnumerateRunes().Select(r => r.ToString()).ToArray();
        Assert.Contains(expected, encoding.Offsets.Select(o => string.Concat(starts[o.Start..o.End])));
    }

    [Fact]
    public void A_pattern_that_goes_round_in_circles_is_an_error_and_no_hang()
    {
        var split = """{"type": "Split", "pattern": {"Regex": "(a|aa)+$"}, "behavior": "Isolated", "invert": false}""";
        var tokenizer = Words(preTokenizer: split);
        var error = Assert.Throws<Unmask.Primitives.UserError>(() => tokenizer.Encode(new string('a', 60) + "b"));
        Assert.Contains("takes too long", error.Message);
    }

    private static Tokenizer Words(string? preTokenizer = null, string? normalizer = null, string? added = null) =>
        Build(
            new JsonObject
            {
                ["type"] = "WordLevel",
                ["unk_token"] = "[UNK]",
                ["vocab"] = new JsonObject(_words.Select((w, i) => new KeyValuePair<string, JsonNode?>(w, i))),
            }.ToJsonString(),
            preTokenizer, normalizer, added: added);

    private static Tokenizer Characters(string normalizer, string alphabet) =>
        Build(
            new JsonObject
            {
                ["type"] = "BPE",
                ["merges"] = new JsonArray(),
                ["vocab"] = new JsonObject(alphabet.EnumerateRunes().Distinct().Select((r, i) => new KeyValuePair<string, JsonNode?>(r.ToString(), i))),
            }.ToJsonString(),
            normalizer: normalizer);

    private static Tokenizer Build(string model, string? preTokenizer = null, string? normalizer = null, string? decoder = null, string? added = null,
        string? postProcessor = null)
    {
        var json = $$"""
            {"version": "1.0", "added_tokens": {{added ?? "[]"}}, "normalizer": {{normalizer ?? "null"}}, "pre_tokenizer": {{preTokenizer ?? "null"}},
             "post_processor": {{postProcessor ?? "null"}}, "decoder": {{decoder ?? "null"}}, "model": {{model}}}
            """;
        return Tokenizer.Parse(System.Text.Encoding.UTF8.GetBytes(json));
    }
}
