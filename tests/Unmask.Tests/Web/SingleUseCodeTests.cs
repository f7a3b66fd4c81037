using Unmask.Web.Security;
using Xunit;

namespace Unmask.Tests.Web;

public sealed class SingleUseCodeTests : TimeProvider
{
    private const string Token = "0123456789abcdef0123456789abcdef";

    private DateTimeOffset now = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);

    public override DateTimeOffset GetUtcNow() => now;

    [Fact]
    public void A_code_opens_once_and_within_a_minute()
    {
        var codes = new SingleUseCode(Token, this);
        var (one, two, three) = (New(), New(), New());
        Assert.Equal(3, new[] { one, two, three }.Distinct().Count());
        Assert.DoesNotContain(Token, one, StringComparison.Ordinal);

        Assert.True(codes.Take(one));
        Assert.False(codes.Take(one));
        now += TimeSpan.FromSeconds(59);
        Assert.True(codes.Take(two));
        now += TimeSpan.FromSeconds(2);
        Assert.False(codes.Take(three));
        Assert.False(codes.Take(one));
        Assert.True(codes.Take(New()));
    }

    [Fact]
    public void A_code_of_another_token_or_another_time_opens_nothing()
    {
        var codes = new SingleUseCode(Token, this);
        var parts = New().Split('-');
        foreach (var wrong in (string?[])[null, "", "-", "--", "a-b-c", Token, new string('0', 32), CodeIn(SingleUseCode.InPlaceOfToken("http://127.0.0.1:1/?token=other", now)), $"9{parts[0]}-{parts[1]}-{parts[2]}", $"{parts[0]}-{parts[1]}0-{parts[2]}", $"{parts[0]}-{parts[1]}-{parts[2][1..]}", $"{parts[0]}-{parts[1]}-{parts[2].ToUpperInvariant()}x"])
            Assert.False(codes.Take(wrong), wrong);
        Assert.True(codes.Take(string.Join('-', parts)));
    }

    [Fact]
    public void An_address_without_a_token_stays_as_it_is() => Assert.Equal("http://127.0.0.1:1", SingleUseCode.InPlaceOfToken("http://127.0.0.1:1", now));

    private string New() => CodeIn(SingleUseCode.InPlaceOfToken($"http://127.0.0.1:1/?token={Token}", now));

    private static string CodeIn(string address)
    {
        Assert.StartsWith("http://127.0.0.1:1/?once=", address, StringComparison.Ordinal);
        return address["http://127.0.0.1:1/?once=".Length..];
    }
}
