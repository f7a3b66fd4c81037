using Unmask.Core.Data;
using Xunit;

namespace Unmask.Tests.Data;

public sealed class LensSpanTests
{
    [Fact]
    public void A_run_of_pad_tokens_is_one_span_and_equal_words_are_not()
    {
        LensToken word = new(7, "no", TokenRole.Response), pad = new(0, "[PAD]", TokenRole.Padding), ignored = new(0, "[PAD]", TokenRole.Unscored);
        var row = new LensRow(1, RowStatus.Kept) { Counts = new(2, 0, 2, 0, 5, 5), Tokens = [word, word, pad, pad, pad, ignored, ignored] };
        Assert.Equal([(0, 1), (1, 1), (2, 3), (5, 2)], row.Spans());
        Assert.Empty((row with { Tokens = [] }).Spans());
    }
}
