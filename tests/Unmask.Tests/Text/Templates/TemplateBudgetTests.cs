using System.Diagnostics;
using System.Text.Json.Nodes;
using Unmask.Primitives;
using Unmask.Text.ChatTemplates.Jinja;
using Xunit;

namespace Unmask.Tests.Text.Templates;

/// <summary>A template pays for every kind of work: none takes long or much memory, whatever it is given.</summary>
public class TemplateBudgetTests
{
    private const string Long = "{% set a = 'a ' * 1000000 %}";
    private const string Many = "{% set l = range(100000) | list %}{% set d = dict(l | map('string') | batch(2)) %}{% set t = (1,) * 50000 %}";
    private const string Turns = "{% for i in range(99999) %}{% for j in range(99) %}";
    private const string End = "{% endfor %}{% endfor %}";

    [Theory]
    [InlineData(Long + "{{ a.split() | length }}{{ a.rsplit() | length }}")]
    [InlineData(Long + "{{ a.split('a', 5) | length }}{{ a.rsplit(none, 9) | length }}{{ a.title() | length }}")]
    [InlineData(Long + "{{ ('b' + a) in a }}{{ a.count('a ' * 400000 + 'b') }}{{ a.replace('a ' * 400000 + 'b', '') | length }}{{ a.rfind('b' + 'a ' * 400000) }}")]
    [InlineData(Long + "{{ a | wordcount }}{{ a | striptags | length }}{{ a | truncate(9) }}{{ a.islower() }}")]
    [InlineData("{{ range(4503599627370496, 4503599627370496 + 4294967297 * 100000, 4294967297) | unique | list | length }}")]
    [InlineData("{{ (['nan'] * 100000) | map('float') | unique | list | length }}{{ range(9223372036854675807, 9223372036854775807) | unique | list | length }}")]
    [InlineData("{{ {}.fromkeys(range(50000)) | pprint | length }}")]
    [InlineData("{{ ('%' ~ '0' * 1000000 ~ 'd') % 1 }}{{ range(100000) | map(attribute='a' * 1000) | list | length }}")]
    [InlineData("{% set e = 'é😀' * 1000000 %}{{ e[::2] | length }}{{ e | trim(e) | length }}{{ e.replace('', '-', 1) | length }}")]
    [InlineData("{{ (['a'] * 100000) | join('-') | length }}{{ range(100000) | sum }}{{ range(100000) | sort | last }}{{ range(100000) | map('string') | unique | list | length }}")]
    public void Much_honest_work_is_done_at_once(string source)
    {
        var watch = Stopwatch.StartNew();
        Assert.NotEmpty(Template.Parse(source).Render([]));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"it took {watch.Elapsed}");
    }

    [Theory]
    [InlineData(Turns + "{{ (9.7e-321) | round(300) }}" + End)]
    [InlineData(Turns + "{{ '%.900f' % 5e-324 }}" + End)]
    [InlineData(Turns + "{% set x = 3 ** 20000 % 7 %}" + End)]
    [InlineData(Long + Turns + "{{ a in a }}" + End)]
    [InlineData(Long + Turns + "{{ a.startswith(a) }}" + End)]
    [InlineData(Long + Turns + "{{ a.isalpha() }}{{ a is lower }}" + End)]
    [InlineData(Long + Turns + "{{ a == a ~ '' }}" + End)]
    [InlineData(Long + "{% set d = {a: 1} %}" + Turns + "{{ d[a] }}" + End)]
    [InlineData(Long + Turns + "{% set x = a | wordwrap(1) %}" + End)]
    [InlineData("{% set a = 'aé' * 500000 %}{{ a | wordwrap(1) }}")]
    [InlineData("{% set a = 'ß' * 500000 %}" + Turns + "{% set x = a | upper %}" + End)]
    [InlineData("{% set a = 'a@b.' * 500000 %}" + Turns + "{% set x = a | urlize %}" + End)]
    [InlineData(Many + Turns + "{% set x = d.items() %}{% set x = l | last %}{% set x = l | reverse | first %}{% set x = l | slice(1) | first %}" + End)]
    [InlineData(Many + Turns + "{% set x = {t: 1}[t] %}" + End)]
    [InlineData(Many + Turns + "{{ l == l }}{{ d == d }}{{ l < l }}" + End)]
    [InlineData(Many + Turns + "{{ d | xmlattr }}" + End)]
    [InlineData("{% set ns = namespace(t=(1, 2)) %}{% for i in range(90) %}{% set ns.t = (ns.t, ns.t) %}{% endfor %}{{ {ns.t: 1} }}")]
    [InlineData("{% set ns = namespace(t=[1]) %}{% for i in range(90) %}{% set ns.t = [ns.t, ns.t] %}{% endfor %}{{ ns.t | pprint }}{{ ns.t | tojson }}")]
    [InlineData("{% set ns = namespace(g=[1]) %}{% for i in range(99999) %}{% set ns.g = ns.g | map('string') %}{% endfor %}{{ ns.g | list }}")]
    [InlineData("{% set ns = namespace() %}{% set ns.x = [ns] %}{{ ns }}")]
    [InlineData("{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}")]
    [InlineData("{{ {'x' * 1000000: range(2000) | list} | pprint }}")]
    [InlineData("{{ {}.fromkeys(range(100000)) | pprint }}{{ {}.fromkeys(range(100000)) | pprint }}{{ {}.fromkeys(range(100000)) | pprint }}")]
    [InlineData("{{ [] | sort(attribute=',' * 15000000) }}")]
    [InlineData("{{ range(100000) | map(attribute='a' * 1000000) | list | length }}")]
    [InlineData("{{ [] | map(attribute='.' * 15000000) | list }}{{ [1] | map(attribute='.' * 15000000) | list }}")]
    [InlineData("{{ ('a ' * 100000) | wordwrap(1, wrapstring='x' * 10000000) }}")]
    [InlineData("{{ ('\\n' * 16000000).splitlines() | length }}")]
    [InlineData("{{ ('&' * 16000000) | escape | length }}")]
    [InlineData("{{ ['\\x00' * 16000000] | string | length }}")]
    [InlineData("{{ ('\\x00' * 16000000) | tojson | length }}")]
    [InlineData("{{ 'a'.ljust(9223372036854775807, '😀') }}")]
    [InlineData(Long + Turns + "{% set x = ''[a] %}{% set x = l[a] %}" + End)]
    [InlineData(Long + Turns + "{% set x = a is sameas(a ~ '') %}" + End)]
    [InlineData(Long + Turns + "{{ ('1' * 99999) | filesizeformat }}" + End)]
    [InlineData("{% set a = 'z' * 4300 %}" + Turns + "{% set x = a | int(base=36) %}" + End)]
    [InlineData("{% set a = 2 ** 99999 %}" + Turns + "{% set x = a | round(-30000) %}" + End)]
    [InlineData("{% set a = 2 ** 99999 %}" + Turns + "{% set x = {a: 1}[a] %}{% set x = a.bit_count() %}" + End)]
    [InlineData(Turns + "{% set x = (5e-324).as_integer_ratio() %}" + End)]
    [InlineData(Turns + "{% set x = '{:01000000,}'.format(1) %}" + End)]
    [InlineData(Many + Turns + "{% set x = d.keys() == d.keys() %}{% set x = dict(d) %}" + End)]
    [InlineData(Long + "{% set d = {a: 1} %}" + Turns + "{% set x = d == {a: 1} %}{% set x = d.keys() == d.keys() %}" + End)]
    [InlineData(Long + Turns + "{% set x = a.strip('b') %}{% set x = 'a'.strip(a) %}" + End)]
    [InlineData(Long + Turns + "{% set x = [] | urlize(extra_schemes=['ab:' ~ a]) %}" + End)]
    [InlineData("{{ 'a' | center(9999999999) }}")]
    [InlineData("{{ '{:9999999999}'.format(1) }}")]
    [InlineData("{{ '%*d' % (9999999999, 1) }}")]
    [InlineData("{{ 'a'.ljust(9999999999) }}{{ 'a'.zfill(9999999999) }}{{ '\t'.expandtabs(9999999999) }}")]
    [InlineData("{{ [1] | slice(9999999999) | list }}")]
    [InlineData("{{ [1] | tojson(separators=('a' * 9999999, ':')) | length }}{{ (l, l, l) * 9999999999 }}")]
    [InlineData("{{ strftime_now('%9999999999Y' * 99999) }}")]
    public void Endless_work_ends_with_a_sentence(string source)
    {
        var watch = Stopwatch.StartNew();
        var error = Assert.Throws<UserError>(() => Template.Parse(source).Render([]));
        Assert.Contains("line 1", error.Message, StringComparison.Ordinal);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"it took {watch.Elapsed}");
        Assert.InRange(error.Message.Length, 1, 3000);
    }

    [Fact]
    public void Ranges_are_keys_like_any_other()
    {
        var watch = Stopwatch.StartNew();
        var keys = Enumerable.Range(0, 100_000).Select(i => TemplateValue.Range(new RangeItems(0, i, 1, i))).ToHashSet();
        Assert.Equal(100_000, keys.Count);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"it took {watch.Elapsed}");
        Assert.Equal("True True True False 1", Template.Parse("{{ range(0) == range(5, 5) }} {{ range(0, 3, 2) == range(0, 4, 2) }} {{ range(5, 6) == range(5, 7, 9) }} {{ range(3) == range(4) }} {{ {range(0, 3, 2): 1}[range(0, 4, 2)] }}").Render([]));
    }

    [Fact]
    public void Equal_numbers_are_one_key_and_a_not_a_number_is_the_key_it_was()
    {
        Assert.Equal("abc", Template.Parse("{{ {1: 'a'}[1.0] }}{{ {1e300: 'b'}[(1e300).as_integer_ratio()[0]] }}{{ {4611686018427387904: 'c'}[2.0 ** 62] }}").Render([]));
        Assert.Equal("1 1 2", Template.Parse("{% set n = 'nan' | float %}{{ {n: 1}[n] }} {{ [n, n] | unique | list | length }} {{ ['nan', 'nan'] | map('float') | unique | list | length }}").Render([]));
    }

    [Fact]
    public void A_text_is_not_filled_to_less_than_nothing() =>
        Assert.Equal("aa", Template.Parse("{{ 'a'.ljust(-9223372036854775808) }}{{ 'a'.center(-9223372036854775808) }}").Render([]));

    [Fact]
    public void A_printed_mapping_pays_for_its_margins()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<UserError>(() => Template.Parse("{{ {'x' * 1000000: range(2000) | list} | pprint }}").Render([]));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 256L << 20);
    }

    [Fact]
    public void A_template_is_limited_in_size()
    {
        var error = Assert.Throws<UserError>(() => Template.Parse(new string('x', 30 << 20), "big.jinja"));
        Assert.StartsWith("big.jinja has 31,457,280 characters. It may have 500,000 at most", error.Message, StringComparison.Ordinal);
        Assert.Equal(500_000, Template.Parse(new string('x', 500_000)).Render([]).Length);
    }

    [Theory]
    [InlineData("{{a}}")]
    [InlineData("{{1|a}}")]
    [InlineData("{%if a%}{%endif%}")]
    public void A_long_template_of_small_pieces_is_read_at_once(string piece)
    {
        var source = string.Concat(Enumerable.Repeat(piece, 499_000 / piece.Length));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var watch = Stopwatch.StartNew();
        try
        {
            Template.Parse(source).Render([]);
        }
        catch (UserError)
        {
            // An unknown filter is a fault; what counts is that it is told soon.
        }

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"it took {watch.Elapsed}");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 256L << 20);
    }

    [Fact]
    public void A_call_with_very_many_arguments_is_refused() =>
        Assert.Throws<UserError>(() => Template.Parse("{{ f(" + string.Join(",", Enumerable.Range(0, 50_000).Select(i => $"a{i}=1")) + ") }}"));

    [Fact]
    public void A_name_that_stands_twice_in_the_context_counts_once()
    {
        var value = TemplateValue.From(JsonNode.Parse("""{"a": {"b": 1, "b": 2}, "a": {"b": 3, "c": [{"d": 1, "d": 4}]}}"""));
        Assert.Equal("{'a': {'b': 3, 'c': [{'d': 4}]}}", value.ToString());
    }

    [Fact]
    public void Half_a_surrogate_pair_in_the_context_is_told_before_the_template_runs()
    {
        var error = Assert.Throws<UserError>(() => TemplateValue.From(JsonNode.Parse("""{"a": ["\ud83d"]}""")));
        Assert.EndsWith(".", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Half_a_surrogate_pair_in_a_template_is_a_character_like_any_other()
    {
        Assert.Equal(@"1'\ud800'", Template.Parse(@"{{ '\ud800' | length }}{{ ['\ud800'] | first | pprint }}").Render([]));
        Assert.Throws<UserError>(() => Template.Parse(@"{{ '\ud800' | urlencode }}").Render([]));
    }

    [Fact]
    public void Whole_numbers_of_any_size_come_from_the_context()
    {
        var value = TemplateValue.From(JsonNode.Parse("[123456789012345678901234567890, -0, 1e400]"));
        Assert.Equal("123456789012345678901234567891 0 inf", Template.Parse("{{ x[0] + 1 }} {{ x[1] }} {{ x[2] }}").Render([new("x", value)]));
        Assert.Throws<UserError>(() => TemplateValue.From(JsonNode.Parse(new string('9', 5000))));
    }

    [Fact]
    public void The_same_template_draws_the_same_items()
    {
        const string source = "{% for i in range(20) %}{{ range(9) | list | random }}{% endfor %}";
        Assert.Equal(Template.Parse(source).Render([]), Template.Parse(source).Render([]));
        Assert.True(Template.Parse(source).Render([]).Distinct().Count() > 3);
    }
}
