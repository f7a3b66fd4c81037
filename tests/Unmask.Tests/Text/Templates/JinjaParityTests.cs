using System.Text.Json.Nodes;
using Unmask.Primitives;
using Unmask.Text.ChatTemplates.Jinja;
using Xunit;

namespace Unmask.Tests.Text.Templates;

/// <summary>Small templates against what Jinja itself renders (tests/fixtures/jinja).</summary>
public class JinjaParityTests
{
    private static readonly string _folder = Path.Combine(Fixtures.Root, "tests", "fixtures", "jinja");

    [Theory]
    [InlineData("cases.jsonl", 280)]
    [InlineData("generated.jsonl", 7000)]
    public void Every_case_renders_as_in_jinja(string file, int least)
    {
        var variables = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder, "variables.json")))!.AsObject()
            .Select(entry => KeyValuePair.Create(entry.Key, TemplateValue.From(entry.Value))).ToList();
        var wrong = new List<string>();
        var cases = 0;
        foreach (var line in File.ReadLines(Path.Combine(_folder, file)))
        {
            cases++;
            var expected = JsonNode.Parse(line)!.AsObject();
            var source = (string)expected["template"]!;
            string? text;
            try
            {
                text = Template.Parse(source).Render(variables);
            }
            catch (UserError)
            {
                text = null;
            }

            if (text != (string?)expected["text"]) wrong.Add($"{source}\n  expected {expected["text"]?.ToJsonString()}\n  found    {text}");
        }

        Assert.True(cases >= least, $"{file} has {cases} cases");
        Assert.Empty(wrong);
    }
}
