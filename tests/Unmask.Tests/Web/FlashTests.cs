using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;
using Unmask.Web.Layout;
using Unmask.Web.Security;
using Xunit;

namespace Unmask.Tests.Web;

public sealed class FlashTests
{
    private readonly ServiceProvider services = new ServiceCollection().AddSingleton<IDataProtectionProvider>(new EphemeralDataProtectionProvider()).BuildServiceProvider();

    [Fact]
    public void What_a_form_left_is_told_by_the_next_page_and_by_no_forged_cookie()
    {
        Assert.Equal(["a", "b"], Taken(Left(new Flash("good", ["a", "b"], "/runs", "Runs")))!.Sentences);
        Assert.Null(Taken(Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(new Flash("good", ["a"], "/runs")))));
        Assert.Null(Taken("no base 64"));
        Assert.Null(Taken(Left(new Flash("good", ["a"], "/\\evil.example"))));
    }

    [Fact]
    public void However_long_it_is_a_browser_takes_it()
    {
        foreach (var letter in (string[])["a", "ä", "漢", "\U0001F642"])
        {
            var cookie = Left(new Flash("error", [string.Concat(Enumerable.Repeat(letter, 5000)), "b"]));
            Assert.InRange(cookie.Length, 1, 4000);
            Assert.NotNull(Taken(cookie));
        }
    }

    [Theory]
    [InlineData("/", true), InlineData("/runs?a=b#c", true)]
    [InlineData("", false), InlineData("runs", false), InlineData("//evil", false), InlineData("/\\evil", false), InlineData("/a\\b", false), InlineData("/\tevil", false), InlineData("/\n/evil", false), InlineData("http://evil", false), InlineData("/ä", false)]
    public void Addresses_of_the_workbench_are_told_from_others(string text, bool isLocal) => Assert.Equal(isLocal, LocalAddress.Is(text));

    private string Left(Flash flash)
    {
        var context = new DefaultHttpContext { RequestServices = services };
        flash.Leave(context);
        return Uri.UnescapeDataString(SetCookieHeaderValue.Parse(context.Response.Headers.SetCookie.ToString()).Value.ToString());
    }

    private Flash? Taken(string cookie)
    {
        var context = new DefaultHttpContext { RequestServices = services };
        context.Request.Headers.Cookie = $"flash={Uri.EscapeDataString(cookie)}";
        return Flash.Take(context);
    }
}
