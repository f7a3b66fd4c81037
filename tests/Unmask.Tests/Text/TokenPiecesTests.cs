using Unmask.Engine.Text;
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
        var text = string.Concat(Enumerable.Repeat("Don't stop . It's 3.14, \u00e9t\u00e9 \u65e5\u672c\u8a9e \U0001F600!\n  Unbelievable tokenisation ", 6));
        var ids = tokenizer.Encode(text).Ids;
        var pieces = TokenPieces.Of(tokenizer, ids);

        Assert.Equal(ids.Length, pieces.Length);
        Assert.Equal(tokenizer.Decode(ids, skipSpecialTokens: false), string.Concat(pieces));
    }
}
