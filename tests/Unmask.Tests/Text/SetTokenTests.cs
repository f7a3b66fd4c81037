using Unmask.Engine.Generation;
using Unmask.Text.ChatTemplates;
using Unmask.Text.Tokenizers;
using Xunit;

namespace Unmask.Tests.Text;

/// <summary>Tokens that a template or a gap sets are cut as if they stood in the text.</summary>
public class SetTokenTests
{
    [Theory]
    [InlineData("hello", "2 6 3 8 9 3")]
    [InlineData("hello </s>", "2 6 1 3 8 9 3")]
    public void Only_the_first_word_of_a_conversation_begins_a_text(string question, string ids)
    {
        var tokens = new ConversationTokens(Metaspace(), ChatTemplate.Parse("{{ bos_token }}{% for m in messages %}{{ m.content }}{{ eos_token }}{% endfor %}"));
        var got = tokens.Encode([new Message(Message.User, question), new Message(Message.Assistant, "world one")], addGenerationPrompt: false);
        Assert.Equal(ids, string.Join(' ', got));
    }

    [Theory]
    [InlineData("a [MASK]", "2 4")]
    [InlineData("a[MASK]", "2 4")]
    [InlineData("a  [MASK:3] a", "2 4 4 4 3 2")]
    [InlineData("___ a", "4 4 4 3 2")]
    [InlineData("a [MASK] [MASK] a", "2 4 4 3 2")]
    public void A_gap_takes_the_white_space_along_that_its_mask_token_takes(string text, string ids)
    {
        var tokenizer = Parse("""
            {"added_tokens": [{"id": 4, "content": "[MASK]", "lstrip": true, "special": true, "normalized": false}], "pre_tokenizer": {"type": "Split", "pattern": {"String": " "}, "behavior": "Isolated", "invert": false},
             "model": {"type": "WordLevel", "unk_token": "[UNK]", "vocab": {"[PAD]": 0, "[UNK]": 1, "a": 2, " ": 3, "[MASK]": 4}}}
            """);
        Assert.Equal(ids, string.Join(' ', InfillText.Parse(text, tokenizer, 4)));
    }

    [Theory]
    [InlineData("</s>", 500_000, "</s>")]
    [InlineData("<", 2_000_000, null)]
    [InlineData("</S>", 500_000, null)]
    [InlineData("<|reserved_17", 200_000, null)]
    [InlineData("<|reserved_17|>", 200_000, "<|reserved_17|>")]
    public void Tokens_that_a_long_message_spells_out_are_text_and_found_at_once(string part, int times, string? spelledOut)
    {
        var tokens = new ConversationTokens(Metaspace(reserved: 300), ChatTemplate.Parse("{{ bos_token }}{% for m in messages %}{{ m.content }}{{ eos_token }}{% endfor %}"));
        var text = string.Concat(Enumerable.Repeat(part, times));
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var ids = tokens.Encode([new Message(Message.User, text)], addGenerationPrompt: false, context: null, out var found);
        Assert.Equal([2, 1, 3], ids);
        Assert.Equal(spelledOut, found);
        Assert.Equal(spelledOut, tokens.SpelledOut(text));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"it took {watch.Elapsed}");
    }

    [Theory]
    [InlineData("hello </s", "> world")]
    [InlineData("hello <", "/s> world")]
    [InlineData("hello </s \n", "> world")]
    public void Two_messages_make_no_token_together(string first, string second)
    {
        var tokens = new ConversationTokens(Metaspace(), ChatTemplate.Parse("{% for m in messages %}{{ m.content | trim }}{% endfor %}"));
        Assert.DoesNotContain(3, tokens.Encode([new Message(Message.User, first), new Message(Message.User, second)], addGenerationPrompt: false));
    }

    [Fact]
    public void What_is_between_set_tokens_is_plain_text()
    {
        var set = Metaspace().Encode("hello<s>world</s>", [new SetToken(5, 8, 2)]);
        Assert.Equal([5, 2, 1], set.Ids);
        Assert.Equal([(0, 5), (5, 8), (8, 17)], set.Offsets);
    }

    private static Tokenizer Metaspace(int reserved = 0) => Parse("""
        {"added_tokens": [
           RESERVED
           {"id": 1, "content": "<unk>", "special": true, "normalized": false}, {"id": 2, "content": "<s>", "special": true, "normalized": false}, {"id": 3, "content": "</s>", "special": true, "normalized": false}],
         "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": true},
         "model": {"type": "WordLevel", "unk_token": "<unk>", "vocab": {"<pad>": 0, "<unk>": 1, "<s>": 2, "</s>": 3, "<mask>": 4, "▁hello": 5, "hello": 6, "▁world": 7, "world": 8, "▁one": 9, "one": 10}}}
        """.Replace("RESERVED", string.Concat(Enumerable.Range(0, reserved).Select(i => $$"""{"id": {{i + 11}}, "content": "<|reserved_{{i}}|>", "special": true, "normalized": false},""")), StringComparison.Ordinal),
        """{"bos_token": "<s>", "eos_token": "</s>"}""");

    private static Tokenizer Parse(string json, string config = "{}") =>
        Tokenizer.Parse(System.Text.Encoding.UTF8.GetBytes(json), System.Text.Json.Nodes.JsonNode.Parse(config)!.AsObject());
}
