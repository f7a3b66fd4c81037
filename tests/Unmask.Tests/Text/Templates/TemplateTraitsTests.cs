using System.Text.Json.Nodes;
using Unmask.Text.ChatTemplates;
using Unmask.Text.ChatTemplates.Jinja;
using Xunit;

namespace Unmask.Tests.Text.Templates;

/// <summary>A conversation is given to a template in the form that the template reads; where it reads any form, as it is.</summary>
public class TemplateTraitsTests
{
    private const string Calls = "{% for m in messages %}{{ m.content }}{% for c in m.tool_calls or [] %}";
    private const string End = "{% endfor %}{% endfor %}";

    [Theory]
    // Written as JSON: text would be quoted twice.
    [InlineData(Calls + "{{ c.function.arguments | tojson }}" + End)]
    [InlineData(Calls + "{% for k, v in c.function.arguments.items() %}{{ k }}={{ v }}{% endfor %}" + End)]
    [InlineData(Calls + "{{ c.function | tojson }}" + End)]
    public void Arguments_become_a_mapping_where_the_template_needs_one(string template) =>
        Assert.IsType<JsonObject>(Adapted(template, Answer("""{"a":1}""")).Extra!["tool_calls"]![0]!["function"]!["arguments"]);

    [Fact]
    public void Arguments_become_text_where_the_template_needs_it()
    {
        var given = Adapted(Calls + "{{ 'call: ' + c.function.arguments }}" + End, Answer(new JsonObject { ["a"] = 1, ["b"] = "é" }));
        Assert.Equal("""{"a": 1, "b": "é"}""", (string)given.Extra!["tool_calls"]![0]!["function"]!["arguments"]!);
    }

    [Theory]
    [InlineData(Calls + "{{ c.function.arguments if c.function.arguments is string else c.function.arguments | tojson }}" + End)]
    [InlineData("{% for m in messages %}{{ m.content }}{% endfor %}")]
    public void Arguments_stay_as_they_are_where_any_form_is_read(string template)
    {
        Assert.Equal("""{"a":1}""", (string)Adapted(template, Answer("""{"a":1}""")).Extra!["tool_calls"]![0]!["function"]!["arguments"]!);
        Assert.IsType<JsonObject>(Adapted(template, Answer(new JsonObject { ["a"] = 1 })).Extra!["tool_calls"]![0]!["function"]!["arguments"]);
    }

    [Fact]
    public void Text_that_is_no_object_stays_text() =>
        Assert.Equal("soon", (string)Adapted(Calls + "{{ c.function.arguments | tojson }}" + End, Answer("soon")).Extra!["tool_calls"]![0]!["function"]!["arguments"]!);

    [Fact]
    public void Content_is_a_list_of_parts_where_the_template_reads_one()
    {
        const string texts = "{% for m in messages %}{{ m.content + '\n' }}{% endfor %}";
        const string parts = "{% for m in messages %}{% for p in m.content %}{% if p.type == 'text' %}<{{ p.text }}>{% endif %}{% endfor %}{% endfor %}";
        const string both = "{% for m in messages %}{% if m.content is string %}{{ m.content }}{% else %}{% for p in m.content %}<{{ p.text }}>{% endfor %}{% endif %}{% endfor %}";
        var given = new Message(Message.User, "ab") { Parts = ["a", "b"] };
        Assert.Equal("ab\n", Rendered(texts, given));
        Assert.Equal("<a><b>", Rendered(parts, given));
        Assert.Equal("<a><b>", Rendered(both, given));
        Assert.Equal("<ab>", Rendered(parts, new Message(Message.User, "ab")));
        Assert.Equal("ab", Rendered(both, new Message(Message.User, "ab")));
    }

    [Theory]
    [InlineData("{% for t in tools %}{{ t.function.name }}{% endfor %}", true)]
    [InlineData("{% for t in tools %}{{ t.name }}{% endfor %}", false)]
    [InlineData("{% for t in tools %}{{ t | tojson }}{% endfor %}", null)]
    public void A_tool_is_described_as_the_template_reads_it(string template, bool? wrapped)
    {
        var traits = Traits(template);
        var bare = new JsonObject { ["name"] = "f" };
        bool IsWrapped(JsonObject tool) => traits.AdaptTools([tool.DeepClone()])[0]!["function"] is not null;
        Assert.Equal(wrapped ?? false, IsWrapped(bare));
        Assert.Equal(wrapped ?? true, IsWrapped(TemplateTraits.Wrap(bare)));
    }

    [Fact]
    public void Names_that_a_template_reads_are_known()
    {
        var names = Template.Parse("{% set x = a %}{{ x }}{% for b in c %}{{ b }}{{ loop.index }}{% endfor %}{% if d %}{{ d }}{% endif %}{{ e | default('') }}{{ f is defined }}{% macro g(h) %}{{ h }}{{ i }}{% endmacro %}{{ g(range(3)) }}{{ j.k[l] }}{{ 'm' if n else o }}{% if q is defined and q.r %}{{ q }}{% endif %}{{ namespace(s=t) }}").Names;
        Assert.Equal(["a", "c", "i", "j", "l", "o", "t"], names.Where(entry => entry.Value).Select(entry => entry.Key).Order(StringComparer.Ordinal));
        Assert.Equal(["d", "e", "f", "n", "q"], names.Where(entry => !entry.Value).Select(entry => entry.Key).Order(StringComparer.Ordinal));
    }

    private static TemplateTraits Traits(string template) => new(ChatTemplate.Parse(template), new Dictionary<string, TemplateValue>());

    private static Message Adapted(string template, Message message) => Traits(template).Adapt(message);

    private static string Rendered(string template, Message message) => ChatTemplate.Parse(template).Render([Adapted(template, message)], addGenerationPrompt: false);

    private static Message Answer(JsonNode arguments) => new(Message.Assistant, "")
    {
        Extra = new Dictionary<string, JsonNode?> { ["tool_calls"] = new JsonArray(new JsonObject { ["function"] = new JsonObject { ["name"] = "f", ["arguments"] = arguments } }) },
    };
}
