using System.Text.Json.Nodes;
using Unmask.Core;
using Unmask.Engine.Text;
using Unmask.Engine.Text.Templates;
using Unmask.Engine.Text.Templates.Jinja;
using Xunit;

namespace Unmask.Tests.Text.Templates;

public class ChatTemplateTests
{
    public static TheoryData<string> Conversations()
    {
        var found = new TheoryData<string>();
        foreach (var file in Directory.GetFiles(Fixtures.Data, "chat-template*.jsonl", SearchOption.AllDirectories).Order(StringComparer.Ordinal)) found.Add(Path.GetRelativePath(Fixtures.Data, file));
        return found;
    }

    [Theory]
    [MemberData(nameof(Conversations))]
    public void Published_templates_render_as_in_transformers(string file)
    {
        var path = Path.Combine(Fixtures.Data, file);
        var folder = Path.GetDirectoryName(path)!;
        var template = ChatTemplate.Parse(Tokenizer.Load(folder).ChatTemplate!);
        var tokens = SpecialTokensOf(folder);
        var line = 0;
        foreach (var text in File.ReadLines(path))
        {
            line++;
            if (string.IsNullOrWhiteSpace(text)) continue;
            var expected = JsonNode.Parse(text)!.AsObject();
            var messages = expected["messages"]!.AsArray().Select(ReadMessage).ToList();
            var variables = expected.Where(entry => entry.Key is not ("messages" or "add_generation_prompt" or "text")).Select(entry => KeyValuePair.Create(entry.Key, TemplateValue.From(entry.Value)));
            var rendered = template.Render(messages, (bool?)expected["add_generation_prompt"] ?? false, tokens.Concat(variables));
            Assert.True(rendered == (string)expected["text"]!, $"{file}:{line}\nexpected {expected["text"]!.ToJsonString()}\nfound    {JsonValue.Create(rendered).ToJsonString()}");
        }

        Assert.True(line > 0);
    }

    [Fact]
    public void There_are_conversations_to_check() => Assert.NotEmpty(Conversations());

    [Fact]
    public void A_template_file_wins_over_the_configuration()
    {
        using var folder = new TemporaryFolder();
        foreach (var file in new[] { "vocab.json", "merges.txt" }) File.Copy(Path.Combine(Fixtures.Data, "tokenizer-gpt2", file), folder[file]);
        Assert.Null(Tokenizer.Load(folder.Path).ChatTemplate);
        folder.Write("tokenizer_config.json", """{"chat_template": [{"name": "tool_use", "template": "t"}, {"name": "default", "template": "d"}]}""");
        Assert.Equal("d", Tokenizer.Load(folder.Path).ChatTemplate);
        folder.Write("chat_template.jinja", "j");
        Assert.Equal("j", Tokenizer.Load(folder.Path).ChatTemplate);
    }

    [Fact]
    public void A_choice_that_is_neither_a_name_nor_a_file_is_told_with_the_names()
    {
        var error = Assert.Throws<UserError>(() => ChatTemplate.Choose("brt", null));
        Assert.Contains("bert, llada, dream, plain", error.Message, StringComparison.Ordinal);
        Assert.Contains("has no chat template", Assert.Throws<UserError>(() => ChatTemplate.Choose("tokenizer", null)).Message, StringComparison.Ordinal);
        Assert.Equal("x", ChatTemplate.Choose("tokenizer", "x").Source);
    }

    [Fact]
    public void Further_keys_of_a_message_reach_the_template()
    {
        var message = new Message(Message.Assistant, "") { Extra = new Dictionary<string, JsonNode?> { ["tool_calls"] = new JsonArray(new JsonObject { ["name"] = "f" }) } };
        Assert.Equal("f", ChatTemplate.Parse("{{ messages[0].tool_calls[0].name }}").Render([message], false));
    }

    private static Message ReadMessage(JsonNode? node)
    {
        var fields = node!.AsObject();
        var content = fields["content"] is JsonValue value && value.TryGetValue(out string? text) ? text : "";
        return new Message((string)fields["role"]!, content) { Extra = fields.ToDictionary(entry => entry.Key, entry => entry.Value) };
    }

    private static List<KeyValuePair<string, TemplateValue>> SpecialTokensOf(string folder)
    {
        var path = Path.Combine(folder, "tokenizer_config.json");
        if (!File.Exists(path)) return [];
        var tokens = new List<KeyValuePair<string, TemplateValue>>();
        foreach (var (name, node) in JsonNode.Parse(File.ReadAllText(path))!.AsObject())
        {
            var text = node is JsonObject token ? token["content"] : node;
            if (name.EndsWith("_token", StringComparison.Ordinal) && text is JsonValue value && value.TryGetValue(out string? content)) tokens.Add(new(name, content));
        }

        return tokens;
    }
}
