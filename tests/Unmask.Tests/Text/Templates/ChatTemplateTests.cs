using System.Text.Json.Nodes;
using Unmask.Primitives;
using Unmask.Text.ChatTemplates;
using Unmask.Text.ChatTemplates.Jinja;
using Unmask.Text.Tokenizers;
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
        using var folder = Gpt2();
        Assert.Null(Tokenizer.Load(folder.Path).ChatTemplate);
        folder.Write("tokenizer_config.json", """{"chat_template": [{"name": "tool_use", "template": "t"}, {"name": "default", "template": "d"}]}""");
        Assert.Equal("d", Tokenizer.Load(folder.Path).ChatTemplate);
        folder.Write("chat_template.jinja", "j");
        Assert.Equal("j", Tokenizer.Load(folder.Path).ChatTemplate);
    }

    private const string Several = """{"chat_template": [{"name": "tool_use", "template": "t{{ tools | length }}"}, {"name": "default", "template": "d"}, {"name": "rag", "template": "r"}]}""";

    private const string WithoutDefault = """{"chat_template": [{"name": "tool_use", "template": "t{{ tools | length }}"}, {"name": "rag", "template": "r"}]}""";

    [Theory]
    [InlineData(Several, "d", "t1", "t0")]
    [InlineData("""{"chat_template": "s"}""", "s", "s", "s")]
    [InlineData(Several, "j", "j", "j", "chat_template.jinja", "j")]
    [InlineData(Several, null, "T", "T", "additional_chat_templates/tool_use.jinja", "T")]
    [InlineData("{}", "j", "T", "T", "chat_template.jinja", "j", "additional_chat_templates/tool_use.jinja", "T")]
    [InlineData("{}", "D", "D", "D", "chat_template.jinja", "j", "additional_chat_templates/default.jinja", "D")]
    [InlineData(WithoutDefault, null, "t1", "t0")]
    public void Of_several_templates_transformers_choice_is_taken_and_all_are_kept(string config, string? plain, string withTools, string withNoTools, params string[] files)
    {
        using var folder = Gpt2();
        folder.Write("tokenizer_config.json", config);
        for (var i = 0; i < files.Length; i += 2) folder.Write(files[i], files[i + 1]);
        using var copy = new TemporaryFolder();
        var original = Tokenizer.Load(folder.Path);
        original.WithChatTemplate(original.ChatTemplate!).Save(copy.Path);
        foreach (var tokenizer in new[] { original, Tokenizer.Load(copy.Path) })
        {
            var conversations = new ConversationTokens(tokenizer, ChatTemplate.Choose("tokenizer", tokenizer.ChatTemplate));
            Message[] messages = [new(Message.User, "x")];
            string Render(string? tools) => conversations.Render(messages, new Dictionary<string, JsonNode?> { ["tools"] = tools is null ? null : JsonNode.Parse(tools) });
            Assert.Equal(withTools, Render("""[{"name": "f"}]"""));
            Assert.Equal(withNoTools, Render("[]"));
            Assert.Equal(tokenizer.Encode(withTools, false, false).Ids, conversations.Encode(messages, false, new Dictionary<string, JsonNode?> { ["tools"] = new JsonArray(new JsonObject()) }, out _));
            if (plain is not null) Assert.Equal(plain, Render(null));
            else Assert.Contains("tool_use", Assert.Throws<UserError>(() => Render(null)).Message, StringComparison.Ordinal);
            if (withTools != plain) Assert.True(conversations.Reads("tools"));
        }

        Assert.False(JsonNode.Parse(File.ReadAllText(copy["tokenizer_config.json"]))!.AsObject().ContainsKey("chat_template"));
    }

    [Fact]
    public void Another_template_stands_alone()
    {
        using var folder = Gpt2();
        folder.Write("tokenizer_config.json", Several);
        using var copy = new TemporaryFolder();
        Tokenizer.Load(folder.Path).WithChatTemplate("x").Save(copy.Path);
        var tokenizer = Tokenizer.Load(copy.Path);
        var conversations = new ConversationTokens(tokenizer, ChatTemplate.Choose("tokenizer", tokenizer.ChatTemplate));
        Assert.Equal("x", conversations.Render([new(Message.User, "x")], new Dictionary<string, JsonNode?> { ["tools"] = new JsonArray() }));
        Assert.False(Directory.Exists(copy["additional_chat_templates"]));
    }

    [Fact]
    public void A_template_is_not_saved_outside_the_folder()
    {
        using var folder = Gpt2();
        folder.Write("tokenizer_config.json", """{"chat_template": [{"name": "../out", "template": "t"}, {"name": "default", "template": "d"}]}""");
        using var copy = new TemporaryFolder();
        Assert.Throws<UserError>(() => Tokenizer.Load(folder.Path).Save(copy["in"]));
        Assert.False(File.Exists(copy["out.jinja"]));
    }

    [Fact]
    public void The_number_of_templates_is_limited()
    {
        using var folder = Gpt2();
        for (var i = 0; i < 101; i++) folder.Write($"additional_chat_templates/t{i}.jinja", "t");
        Assert.Throws<UserError>(() => Tokenizer.Load(folder.Path));
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

    private static TemporaryFolder Gpt2()
    {
        var folder = new TemporaryFolder();
        foreach (var file in new[] { "vocab.json", "merges.txt" }) File.Copy(Path.Combine(Fixtures.Data, "tokenizer-gpt2", file), folder[file]);
        return folder;
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
