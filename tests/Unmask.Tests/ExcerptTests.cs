using System.Text;
using System.Text.Json;
using Unmask.Core.Parameters.Validation;
using Unmask.Primitives;
using Xunit;

namespace Unmask.Tests;

public sealed class ExcerptTests
{
    [Theory]
    [InlineData("short", "short")]
    [InlineData("two\r\nlines\tand \u001b[31m", "two␍␊lines and ␛[31m")]
    [InlineData("12345678901", "1234567890… (11 characters)")]
    [InlineData("123456789😀", "123456789… (11 characters)")]
    public void A_quote_is_short_and_on_one_line(string text, string shown) => Assert.Equal(shown, Excerpt.Of(text, longest: text.StartsWith('1') ? 10 : 200));

    [Fact]
    public void Of_a_sentence_that_quotes_very_much_the_beginning_and_the_way_out_stay()
    {
        var sentence = $"batch_size is\0 {string.Concat(Enumerable.Repeat("😀", 50_000))}. It must be at least 1.";

        foreach (var bounded in (string[])[new UserError(sentence).Message, new UserError((IReadOnlyList<string>)[sentence]).Problems[0], Problem.Error("batch_size", sentence).Sentence])
        {
            Assert.InRange(bounded.Length, 1000, 2010);
            Assert.StartsWith("batch_size is␀ 😀", bounded, StringComparison.Ordinal);
            Assert.EndsWith("😀. It must be at least 1.", bounded, StringComparison.Ordinal);
            Assert.DoesNotContain('\uFFFD', Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(bounded)));
        }
    }

    [Theory]
    [InlineData("{\"a\": nul\u007fl,\n ")]
    [InlineData("{\"a\": tru")]
    public void A_fault_of_JSON_does_not_quote_the_rest_of_the_file(string start)
    {
        var fault = Assert.ThrowsAny<JsonException>(() => JsonInput.Check(Encoding.UTF8.GetBytes(start + new string('x', 100_000))));

        Assert.InRange(JsonInput.Reason(fault).Length, 10, 400);
        Assert.Contains("is an invalid JSON literal. Expected the literal", JsonInput.Reason(fault), StringComparison.Ordinal);
        Assert.DoesNotContain(JsonInput.Reason(fault), char.IsControl);
    }
}
