using System.Diagnostics;
using System.Text.Json.Nodes;
using CsCheck;
using Unmask.Primitives;
using Unmask.Text.ChatTemplates.Jinja;
using Xunit;

namespace Unmask.Tests.Text.Templates;

public class TemplateTests
{
    [Theory]
    [InlineData("{{ messages", 1, 1, "has no end")]
    [InlineData("a\n  {% if x %}b", 2, 6, "'if' has no end")]
    [InlineData("{% for x in %}{% endfor %}", 1, 13, "a value was expected")]
    [InlineData("{{ x | uper }}", 1, 8, "there is no filter 'uper'")]
    [InlineData("{{ x is nice }}", 1, 9, "there is no test 'nice'")]
    [InlineData("{% endif %}", 1, 4, "there is no tag 'endif' here")]
    [InlineData("{{ 'abc }}", 1, 4, "close it with '")]
    [InlineData("{{ (1] }}", 1, 6, "closes no bracket")]
    [InlineData("{{ a b }}", 1, 6, "'}}' was expected, but 'b' was found")]
    [InlineData("{% break %}", 1, 4, "outside a loop")]
    [InlineData("{% if a if b else c %}{% endif %}", 1, 9, "'%}' was expected")]
    [InlineData("{% for x in [] %}{% set loop = 1 %}{% endfor %}", 1, 25, "'loop' cannot be assigned to")]
    [InlineData("{% macro m(a=1, b) %}{% endmacro %}", 1, 17, "has no default")]
    [InlineData("{{ f(a=1, a=2) }}", 1, 11, "given twice")]
    [InlineData("{{ 1 is number is number }}", 1, 16, "one test cannot follow another")]
    [InlineData("{{ 007 }}", 1, 6, "'}}' was expected")]
    [InlineData(@"{{ '\N{BULLET}' }}", 1, 5, "cannot be written by name")]
    public void A_faulty_template_is_told_with_line_and_column(string source, int line, int column, string clause)
    {
        var error = Assert.Throws<UserError>(() => Template.Parse(source, "chat.jinja"));
        Assert.StartsWith($"chat.jinja, line {line}, column {column}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(clause, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\n{{ x.y.z }}", "line 2", "'x.y' is not defined")]
    [InlineData("{{ nothing.y }}", "line 1", "'nothing' is not defined")]
    [InlineData("{{ 'a' + 1 }}", "line 1", "'~' joins anything as text")]
    [InlineData("{{ x.append(1) }}", "line 1", "is not defined")]
    [InlineData("{{ [].append(1) }}", "line 1", "would change a value")]
    [InlineData("\n\n{% include 'x' %}", "line 3", "stands alone")]
    [InlineData("{{ 10 ** 5000 }}", "line 1", "more than 4,300 digits")]
    [InlineData("{{ 2 ** 999999 }}", "line 1", "100,000 bits")]
    [InlineData("{{ ''.__class__() }}", "line 1", "may not use '__class__'")]
    [InlineData("{{ lipsum() }}", "line 1", "could not be repeated")]
    [InlineData("{{ [1] | map('nope') | list }}", "line 1", "there is no filter 'nope'")]
    [InlineData("{{ 'a' | upper(1) }}", "line 1", "takes no arguments, but 1 are given")]
    [InlineData("{{ (-8) ** 0.5 }}", "line 1", "complex number")]
    [InlineData("{% macro m() %}{% endmacro %}{% call m() %}{% endcall %}", "line 1", "has no parameter 'caller'")]
    public void A_failing_template_is_told_with_its_place(string source, string place, string clause)
    {
        var error = Assert.Throws<UserError>(() => Template.Parse(source).Render([new("x", TemplateValue.From(new JsonObject()))]));
        Assert.Contains(place, error.Message, StringComparison.Ordinal);
        Assert.Contains(clause, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Raise_exception_becomes_the_sentence_of_the_template()
    {
        var error = Assert.Throws<UserError>(() => Template.Parse("{{ raise_exception('Roles must alternate') }}").Render([]));
        Assert.Equal("The chat template refuses this conversation: Roles must alternate", error.Message);
    }

    [Theory]
    [InlineData("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}")]
    [InlineData("{% for a in range(999999999999) %}{% endfor %}")]
    [InlineData("{{ 'a' * 999999999999 }}")]
    [InlineData("{% set ns = namespace(x='aaaaaaaaaa') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}")]
    [InlineData("{% set ns = namespace(x='aaaaaaaaaa') %}{% for i in range(99) %}{% set ns.x = ns.x.replace('a', ns.x) %}{% endfor %}")]
    [InlineData("{% set ns = namespace(x=[1]) %}{% for i in range(90) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}")]
    [InlineData("{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(90) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}")]
    [InlineData("{% set ns = namespace(x=[1]) %}{% for i in range(9999) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}")]
    [InlineData("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}")]
    [InlineData("{% macro m(a) %}{{ m(a) }}{{ m(a) }}{% endmacro %}{{ m(1) }}")]
    [InlineData("{{ 'a' | center(999999999999) }}")]
    [InlineData("{{ '%999999999d' % 1 }}")]
    [InlineData("{{ 'a\nb' | indent(999999999999) }}")]
    [InlineData("{{ [1] | tojson(indent=999999999999) }}")]
    [InlineData("{{ [1] * 999999999999 }}")]
    [InlineData("{{ [1] | batch(999999999, 0) | list }}")]
    [InlineData("{{ 2 ** 999999999 }}")]
    public void A_hostile_template_ends_with_a_sentence(string source)
    {
        var watch = Stopwatch.StartNew();
        Assert.Throws<UserError>(() => Template.Parse(source).Render([]));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), $"it took {watch.Elapsed}");
    }

    [Theory]
    [InlineData("(", 100_000)]
    [InlineData("[", 100_000)]
    [InlineData("not ", 100_000)]
    [InlineData("-", 100_000)]
    [InlineData("1 + ", 1_000_000)]
    [InlineData("a.", 1_000_000)]
    public void Deep_nesting_does_not_overflow_the_stack(string piece, int times)
    {
        var source = "{{ " + string.Concat(Enumerable.Repeat(piece, times)) + "1 }}";
        Assert.Throws<UserError>(() => Template.Parse(source).Render([]));
    }

    [Fact]
    public void Deep_blocks_do_not_overflow_the_stack() =>
        Assert.Throws<UserError>(() => Template.Parse(string.Concat(Enumerable.Repeat("{% if true %}", 100_000))));

    [Fact]
    public void Any_text_renders_or_is_refused_with_a_sentence()
    {
        Gen.String.Sample(Survives, iter: 2000);
        string[] pieces =
        [
            "{%", "%}", "{{", "}}", "{#", "#}", "-", "+", " ", "\n", "if", "for", "x", "in", "set", "=", "'", "\"", "(", ")", "[", "]", "{", "}", "|", "is", "not", "endif", "endfor",
            "endset", "raw", "endraw", "macro", "endmacro", "1", "2.5", "1e9", "0x", "_", ".", ",", ":", "**", "//", "%", "~", "trim", "length", "tojson", "defined", "range", "loop", "\\", "é", "😀",
            "'%s' %", "'{:>9}'.format", "sort", "map", "round", "else", "join", "a", "==", "<", "call", "filter", "namespace", "indent",
        ];
        Gen.Int[0, pieces.Length - 1].Array[1, 25].Select(picks => string.Join(" ", picks.Select(pick => pieces[pick]))).Sample(Survives, iter: 5000);
        Gen.Int[0, pieces.Length - 1].Array[1, 12].Select(picks => "{{ " + string.Join(" ", picks.Select(pick => pieces[pick])) + " }}").Sample(Survives, iter: 20000);
    }

    private static void Survives(string source)
    {
        try
        {
            Template.Parse(source).Render([new("x", TemplateValue.List(["a", 1, 2.5, TemplateValue.None])), new("a", "text")]);
        }
        catch (UserError error)
        {
            Assert.EndsWith(".", error.Message, StringComparison.Ordinal);
        }
    }
}
