using Unmask.Primitives;
using Unmask.Text.ChatTemplates.Jinja;
using Xunit;

namespace Unmask.Tests.Text.Templates;

/// <summary>References to characters are read as Python's <c>html.unescape</c> reads them; what is expected is from there.</summary>
public class HtmlReferenceTests
{
    [Theory]
    [InlineData("&lt;b&gt; &amp;lt; &quot;&apos;&#39;&#x27;", "<b> &lt; \"'''")]
    [InlineData("&CounterClockwiseContourIntegral; &fjlig; &NotEqualTilde; &Afr;", "∳ fj ≂̸ 𝔄")]
    [InlineData("&AMP &Aacute &notit; &notin; &copyright; &nosuch; &ltx", "& Á ¬it; ∉ ©right; &nosuch; <x")]
    [InlineData("&#128; &#x9F &#150 &#0; &#xD800; &#x110000; &#99999999999999999999; &#x1F600;", "€ Ÿ – \ufffd \ufffd \ufffd \ufffd 😀")]
    [InlineData("a&#x1;&#127;&#xFDD0;&#x1FFFE;b &#13", "ab")]
    [InlineData("& &; &# &#; &#x; &#xg; &a", "& &; &# &#; &#x; &#xg; &a")]
    [InlineData("&lt;&lt&&lt;&#60&#x3c", "<<&<<<")]
    public void A_text_without_tags_has_its_references_read(string text, string expected) =>
        Assert.Equal(expected, Template.Parse("{{ x | striptags | trim }}").Render([new("x", text)]));

    [Fact]
    public void Reading_references_is_paid_for()
    {
        const string turns = "{% for i in range(99999) %}{% for j in range(99) %}{% set x = m.unescape() %}{% endfor %}{% endfor %}";
        Assert.Throws<UserError>(() => Template.Parse("{% set m = ('&lt' * 300000) | safe %}" + turns).Render([]));
    }
}
