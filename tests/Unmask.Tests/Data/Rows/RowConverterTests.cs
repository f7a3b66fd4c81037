using System.Text.Json.Nodes;
using Unmask.Core;
using Unmask.Engine.Data.Rows;
using Unmask.Engine.Text.Templates;
using Xunit;

namespace Unmask.Tests.Data.Rows;

public class RowConverterTests
{
    [Theory]
    [InlineData("messages", """{"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]}""", "system:S|user:Q|assistant:A")]
    [InlineData("messages", """{"messages": [{"role": "user", "content": [{"type": "text", "text": "Q"}, {"type": "text", "text": "2"}]}, {"role": "tool", "content": "T"}, {"role": "assistant", "content": "A"}]}""", "user:Q2|tool:T|assistant:A")]
    [InlineData("messages", """{"messages": "[{\"role\": \"user\", \"content\": \"Q\"}, {\"role\": \"assistant\", \"content\": \"A\"}]"}""", "user:Q|assistant:A")]
    [InlineData("conversations", """{"id": 1, "conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}, {"from": "human", "value": "R"}, {"from": "model", "value": "B"}]}""", "user:Q|assistant:A|user:R|assistant:B")]
    [InlineData("conversations", """{"conversations": [{"role": "user", "content": "Q"}, {"role": "bot", "content": "A"}]}""", "user:Q|assistant:A")]
    [InlineData("instruction/output", """{"instruction": "Q ", "input": "I", "output": " A"}""", "user:Q\n\nI|assistant:A")]
    [InlineData("instruction/output", """{"instruction": "Q", "input": " ", "output": "A"}""", "user:Q|assistant:A")]
    [InlineData("instruction/output", """{"instruction": "Q", "output": "A"}""", "user:Q|assistant:A")]
    [InlineData("instruction/response", """{"instruction": "Q", "context": "C", "response": "A", "category": "x"}""", "user:Q\n\nC|assistant:A")]
    [InlineData("prompt/completion", """{"prompt": "Q", "completion": " A"}""", "user:Q|assistant: A")]
    [InlineData("prompt/response", """{"response": "A", "prompt": "Q", "system": "S"}""", "system:S|user:Q|assistant:A")]
    [InlineData("prompt/answer", """{"prompt": "Q", "answer": 42}""", "user:Q|assistant:42")]
    [InlineData("question/answer", """{"question": "Q", "answer": "A"}""", "user:Q|assistant:A")]
    [InlineData("input/output", """{"input": "Q", "output": "A"}""", "user:Q|assistant:A")]
    [InlineData("prompt/chosen/rejected", """{"prompt": "Q", "chosen": "A", "rejected": "B"}""", "user:Q|assistant:A")]
    [InlineData("prompt/chosen/rejected", """{"prompt": "Q", "chosen": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}], "rejected": []}""", "user:Q|assistant:A")]
    [InlineData("prompt/chosen/rejected", """{"prompt": [{"role": "user", "content": "Q"}], "chosen": [{"role": "assistant", "content": "A"}], "rejected": []}""", "user:Q|assistant:A")]
    [InlineData("text", """{"text": "Call me Ishmael.", "n": 1}""", "Call me Ishmael.")]
    [InlineData("text", """{"Text": "Call me Ishmael."}""", "Call me Ishmael.")]
    public void A_shape_is_recognised(string rule, string json, string expected)
    {
        var row = Read(json);
        var converter = RowConverter.For([row], new RowColumns());
        var converted = converter.Convert(row);
        Assert.Null(converted.Problem);
        Assert.Equal(rule, converter.Rule);
        Assert.Equal(rule, converted.Rule);
        Assert.Equal(expected, converted.Text ?? Show(converted.Messages!));
    }

    [Theory]
    [InlineData("""{"prompt": "Q", "response": ""}""", "'response' is empty")]
    [InlineData("""{"prompt": "Q", "response": " \n"}""", "'response' is empty")]
    [InlineData("""{"prompt": "Q", "response": null}""", "'response' is missing or null")]
    [InlineData("""{"prompt": null, "response": "A"}""", "'prompt' is missing or null")]
    [InlineData("""{"prompt": "Q", "response": ["A"]}""", "'response' must be a text, but is a list")]
    [InlineData("""{"prompt": true, "response": "A"}""", "'prompt' must be a text, but is true or false")]
    [InlineData("""{"text": ""}""", "'text' is empty")]
    [InlineData("""{"messages": []}""", "no messages")]
    [InlineData("""{"messages": "hello"}""", "must be a list of messages, but is a text")]
    [InlineData("""{"messages": [{"role": "user", "content": "Q"}]}""", "ends with a message of 'user'")]
    [InlineData("""{"messages": [{"role": "assistant", "content": "A"}]}""", "nothing before it")]
    [InlineData("""{"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": ""}]}""", "last message is empty")]
    [InlineData("""{"messages": [{"role": "user", "content": "Q"}, {"role": "narrator", "content": "A"}]}""", "messages[1] is of the unknown role 'narrator'")]
    [InlineData("""{"messages": [{"role": "user", "content": [{"type": "image_url"}]}, {"role": "assistant", "content": "A"}]}""", "messages[0].content[0] is of the type 'image_url'")]
    [InlineData("""{"messages": [{"speaker": "user", "content": "Q"}]}""", "neither 'role' nor 'from'")]
    [InlineData("""{"messages": ["Q", "A"]}""", "messages[0] must be an object")]
    public void A_row_that_cannot_be_trained_on_says_why(string json, string reason)
    {
        var row = Read(json);
        Assert.Contains(reason, RowConverter.For([row], new RowColumns()).Convert(row).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_columns_are_told_with_the_settings_to_use()
    {
        var error = Assert.Throws<UserError>(() => RowConverter.For([Read("""{"frage": "Q", "antwort": "A"}""")], new RowColumns()));
        Assert.Contains("'frage', 'antwort'", error.Message, StringComparison.Ordinal);
        Assert.Contains("prompt_column and response_column", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_can_be_named()
    {
        var row = Read("""{"frage": "Q", "antwort": "A", "rolle": "S", "prompt": "no", "liste": [{"from": "user", "value": "x"}, {"from": "gpt", "value": "y"}]}""");
        string Convert(RowColumns columns) => RowConverter.For([row], columns).Convert(row) is var converted && converted.Problem is null ? converted.Text ?? Show(converted.Messages!) : converted.Problem!;
        Assert.Equal("system:S|user:Q|assistant:A", Convert(new RowColumns { Prompt = "frage", Response = "antwort", System = "rolle" }));
        Assert.Equal("user:no|assistant:A", Convert(new RowColumns { Response = "antwort" }));
        Assert.Equal("user:x|assistant:y", Convert(new RowColumns { Messages = "liste" }));
        Assert.Equal("Q", Convert(new RowColumns { Text = "frage" }));
        Assert.Equal("system:S!|user:Q? no|assistant:a", Convert(new RowColumns { InputTemplate = "{{ frage }}? {{ prompt }}", OutputTemplate = "{{ antwort | lower }}", InstructionTemplate = "{{ rolle }}!" }));
        Assert.Contains("gives nothing", Convert(new RowColumns { InputTemplate = "{{ frage }}", OutputTemplate = "{{ keine }}" }), StringComparison.Ordinal);
        Assert.Contains("line 1", Convert(new RowColumns { InputTemplate = "{{ frage.x.y }}", OutputTemplate = "a" }), StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_settings_are_told_all_at_once()
    {
        var row = Read("""{"frage": "Q", "antwort": "A"}""");
        string Fail(RowColumns columns) => Assert.Throws<UserError>(() => RowConverter.For([row], columns)).Message;
        var missing = Fail(new RowColumns { Prompt = "x", Response = "y" });
        Assert.Contains("prompt_column is 'x'", missing, StringComparison.Ordinal);
        Assert.Contains("response_column is 'y'", missing, StringComparison.Ordinal);
        Assert.Contains("response_column is not set", Fail(new RowColumns { Prompt = "frage" }), StringComparison.Ordinal);
        Assert.Contains("keep one of them", Fail(new RowColumns { Prompt = "frage", Text = "antwort" }), StringComparison.Ordinal);
        Assert.Contains("output_template is not set", Fail(new RowColumns { InputTemplate = "a" }), StringComparison.Ordinal);
        Assert.Contains("input_template, line 1", Fail(new RowColumns { InputTemplate = "{{", OutputTemplate = "a" }), StringComparison.Ordinal);
        Assert.Contains("no rows", Assert.Throws<UserError>(() => RowConverter.For([], new RowColumns())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_of_another_shape_are_read_by_their_own_rule()
    {
        var converter = RowConverter.For([Read("""{"prompt": "Q", "response": "A"}""")], new RowColumns());
        Assert.Equal("question/answer", converter.Convert(Read("""{"question": "Q", "answer": "A"}""")).Rule);
        Assert.Contains("'prompt' is missing", converter.Convert(Read("""{"foo": "Q"}""")).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Further_keys_of_messages_are_kept_and_nulls_left_out()
    {
        var row = Read("""{"messages": [{"role": "user", "content": "Q", "name": null}, {"role": "assistant", "content": null, "tool_calls": [{"name": "f"}]}]}""");
        var messages = RowConverter.For([row], new RowColumns()).Convert(row).Messages!;
        Assert.Null(messages[0].Extra);
        Assert.Equal("f", (string)messages[1].Extra!["tool_calls"]![0]!["name"]!);
    }

    private static Row Read(string json) => new("rows.jsonl", 1, JsonNode.Parse(json)!.AsObject().ToDictionary(field => field.Key, field => field.Value));

    private static string Show(IEnumerable<Message> messages) => string.Join('|', messages.Select(message => $"{message.Role}:{message.Content}"));
}
