using Unmask.Text.Tokenizers;
using Xunit;

namespace Unmask.Tests.Text;

public sealed class TokenPiecesTests
{
    [Theory]
    [InlineData("tokenizer-gpt2")]
    [InlineData("tokenizer-bert-base-uncased")]
    [InlineData("tokenizers-small/wordpiece-2k")]
    [InlineData("tokenizers-small/bytebpe-2k")]
    public void Joined_pieces_are_the_decoded_text(string name)
    {
        var tokenizer = Tokenizer.Load(Path.Combine(Fixtures.Data, name));
        var text = string.Concat(Enumerable.Repeat("Don't stop . It's 3.14, \u00e9t\u00e9 \u65e5\u672c\u8a9e \U0001F600!\n  Unbelievable tokenization ", 6));
        var ids = tokenizer.Encode(text).Ids;
        var pieces = TokenPieces.Of(tokenizer, ids);

        Assert.Equal(ids.Length, pieces.Length);
        Assert.Equal(tokenizer.Decode(ids, skipSpecialTokens: false), string.Concat(pieces));
    }

    [Theory]
    [InlineData("日本語😀", "b b b:日 b b b:本 b b b:語 b b b b:😀")]
    public void A_character_in_several_byte_tokens_is_the_last_ones(string text, string expected)
    {
        var tokenizer = Bytes();
        var pieces = TokenPieces.Of(tokenizer, tokenizer.Encode(text).Ids);
        Assert.Equal(expected, string.Join(' ', pieces.Select(piece => piece.Length == 0 ? "b" : "b:" + piece)));
    }

    [Fact]
    public void Runs_of_byte_tokens_of_any_length_are_shown_as_they_are_decoded()
    {
        var tokenizer = Bytes();
        var ids = tokenizer.Encode(string.Concat(Enumerable.Repeat("é日😀", 40))).Ids;
        for (int length = 0; length <= ids.Length; length++)
        {
            var pieces = TokenPieces.Of(tokenizer, ids.AsSpan(0, length));
            Assert.Equal(tokenizer.Decode(ids.AsSpan(0, length), false), string.Concat(pieces));
            // A run that is no text is one mark for each of its bytes.
            if (string.Concat(pieces).Contains('\uFFFD')) Assert.All(pieces, piece => Assert.Equal("\uFFFD", piece));
        }
    }

    [Fact]
    public void What_a_decoder_puts_beside_nothing_belongs_to_a_token()
    {
        var tokenizer = Tokenizer.Parse(
            """
            {"added_tokens": [], "model": {"type": "WordLevel", "unk_token": "a", "vocab": {"a": 0} },
             "decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "a"}, "content": ""}, {"type": "WordPiece", "prefix": "##", "cleanup": false}]} }
            """u8.ToArray());
        Assert.Equal(" ", tokenizer.Decode([0, 0], skipSpecialTokens: false));
        Assert.Equal(["", " "], TokenPieces.Of(tokenizer, [0, 0]));
        Assert.Empty(TokenPieces.Of(tokenizer, []));
    }

    [Fact]
    public void Long_runs_take_little_time()
    {
        var tokenizer = Bytes();
        var ids = tokenizer.Encode(string.Concat(Enumerable.Repeat("日", 50_000))).Ids;
        var watch = System.Diagnostics.Stopwatch.StartNew();
        Assert.Equal(150_000, TokenPieces.Of(tokenizer, ids).Length);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5));
    }

    private static Tokenizer Bytes()
    {
        var vocabulary = new System.Text.Json.Nodes.JsonObject { ["<unk>"] = 256 };
        for (int b = 0; b < 256; b++) vocabulary[$"<0x{b:X2}>"] = b;
        return Tokenizer.Parse(System.Text.Encoding.UTF8.GetBytes($$"""
            {"added_tokens": [], "model": {"type": "BPE", "unk_token": "<unk>", "byte_fallback": true, "vocab": {{vocabulary.ToJsonString()}}, "merges": []},
             "decoder": {"type": "Sequence", "decoders": [{"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]} }
            """));
    }
}
