using System.Text.Json.Nodes;
using Unmask.Engine.Data.Rows;
using Unmask.Engine.Data.Rows.Values;
using Unmask.Primitives;
using Unmask.Text.ChatTemplates;
using Unmask.Text.ChatTemplates.Jinja;
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
    [InlineData("prompt/completion", """{"prompt": [{"role": "system", "content": "S"}, {"role": "user", "content": "Q"}], "completion": [{"role": "assistant", "content": "A"}]}""", "system:S|user:Q|assistant:A")]
    [InlineData("prompt/completion", """{"prompt": [{"role": "user", "content": "Q"}], "completion": "A"}""", "user:Q|assistant:A")]
    [InlineData("prompt/response", """{"prompt": "Q", "response": [{"role": "assistant", "content": "A"}]}""", "user:Q|assistant:A")]
    [InlineData("prompt/completion", """{"prompt": "[{\"role\": \"user\", \"content\": \"Q\"}]", "completion": "[{\"from\": \"gpt\", \"value\": \"A\"}]"}""", "user:Q|assistant:A")]
    [InlineData("prompt/completion", """{"prompt": "[3, 1, 2]", "completion": "[{\"from\": \"Paris\", \"to\": \"Rome\"}]"}""", """user:[3, 1, 2]|assistant:[{"from": "Paris", "to": "Rome"}]""")]
    [InlineData("prompt/completion", """{"prompt": "Q", "completion": "A", "label": true}""", "user:Q|assistant:A")]
    [InlineData("instruction/output", """{"instruction": "Q", "output": "A", "history": [["P", "B"], ["R", "C"]], "system": "S"}""", "system:S|user:P|assistant:B|user:R|assistant:C|user:Q|assistant:A")]
    [InlineData("instruction/output", """{"instruction": "Q", "output": "A", "history": "[[\"P\", \"B\"]]"}""", "user:P|assistant:B|user:Q|assistant:A")]
    [InlineData("instruction/output", """{"instruction": "Q", "output": "A", "history": "long ago"}""", "user:Q|assistant:A")]
    [InlineData("conversations", """{"conversations": [{"from": "human", "value": "Q"}, {"from": "function_call", "value": "F"}, {"from": "observation", "value": "O"}, {"from": "gpt", "value": "A"}], "system": "S"}""", "system:S|user:Q|assistant:F|tool:O|assistant:A")]
    [InlineData("conversations", """{"conversations": [{"from": " Prompter", "value": "Q"}, {"from": "tool_call", "value": "F"}, {"from": "ipython", "value": "O"}, {"from": "AI", "value": "A"}]}""", "user:Q|assistant:F|tool:O|assistant:A")]
    [InlineData("conversations", """{"conversations": [{"from": "human", "value": "Q"}], "chosen": {"from": "gpt", "value": "A"}, "rejected": {"from": "gpt", "value": "B"}}""", "user:Q|assistant:A")]
    [InlineData("messages", """{"messages": [{"role": null, "content": null, "from": "human", "value": "Q"}, {"role": "assistant", "content": "A", "from": null, "value": null}]}""", "user:Q|assistant:A")]
    [InlineData("messages", """{"messages": [{"role": "user", "content": "Q"}, {"role": "tool", "content": {"t": 1}}, {"role": "assistant", "content": {"type": "text", "text": "A"}}]}""", """user:Q|tool:{"t": 1}|assistant:A""")]
    [InlineData("text", """{"text": "Call me Ishmael.", "n": 1}""", "Call me Ishmael.")]
    [InlineData("text", """{"Text": "Call me Ishmael."}""", "Call me Ishmael.")]
    public void A_shape_is_recognized(string rule, string json, string expected)
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
    [InlineData("""{"messages": "[{\"role\": \"user\", \"content\": \"\\ud83d\"}]"}""", "holds half a surrogate pair")]
    [InlineData("""{"prompt": "[{\"role\": \"user\", \"content\": \"\\ud83d\"}]", "completion": "A"}""", "holds half a surrogate pair")]
    [InlineData("""{"messages": "[{'role': 'user', 'content': 'Q'}]"}""", "as Python writes it")]
    [InlineData("""{"prompt": "[{'role': 'user', 'content': 'Q'}]", "completion": "A"}""", "as Python writes it")]
    [InlineData("""{"messages": [{"role": "user", "content": null}, {"role": "assistant", "content": "A"}]}""", "'messages[0].content' is missing or null")]
    [InlineData("""{"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "", "name": "bot"}]}""", "last message is empty")]
    [InlineData("""{"messages": null, "prompt": "", "response": null}""", "nothing is in 'messages', 'prompt', 'response'")]
    [InlineData("""{"prompt": "Q", "response": "", "text": "T"}""", "'response' is empty")]
    [InlineData("""{"instruction": "Q", "output": "A", "history": [["P"]]}""", "history[0] must be a pair")]
    [InlineData("""{"prompt": "Q", "completion": [{"role": "user", "content": "A"}]}""", "ends with a message of 'user'")]
    [InlineData("""{"prompt": "Q", "response": "A", "tools": "[{]"}""", "'tools' holds text that is not valid JSON")]
    [InlineData("""{"prompt": "Q", "response": "A", "tools": [1]}""", "'tools' must be a list of descriptions of tools")]
    [InlineData("""{"prompt": "Q", "response": "A", "chat_template_kwargs": {"messages": []}}""", "'chat_template_kwargs' holds 'messages'")]
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
        Assert.Contains("gives nothing", Convert(new RowColumns { InputTemplate = "{{ frage }}", OutputTemplate = "{{ keine | default('') }}" }), StringComparison.Ordinal);
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
        Assert.Contains("did you mean frage?", Fail(new RowColumns { Prompt = "farge", Response = "antwort" }), StringComparison.Ordinal);
        Assert.Contains("label_column is 'gut'", Fail(new RowColumns { Prompt = "frage", Response = "antwort", Label = "gut" }), StringComparison.Ordinal);
        var misspelled = Fail(new RowColumns { InputTemplate = "{{ farge }}", OutputTemplate = "{{ antwrt | trim }}", InstructionTemplate = "{{ rolle }}" });
        Assert.Contains("input_template names the column 'farge'", misspelled, StringComparison.Ordinal);
        Assert.Contains("output_template names the column 'antwrt'", misspelled, StringComparison.Ordinal);
        Assert.Contains("instruction_template names the column 'rolle'", misspelled, StringComparison.Ordinal);
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
    public void A_row_of_many_sources_is_read_by_what_it_holds()
    {
        const string none = """{"messages": null, "conversations": [], "prompt": null, "response": null, "completion": "", "instruction": null, "output": null, "text": null}""";
        string Rule(string json)
        {
            var row = Read(none).Values.ToDictionary();
            foreach (var (name, value) in Read(json).Values) row[name] = value;
            var converted = RowConverter.For([Read(none)], new RowColumns()).Convert(new Row("rows.jsonl", 1, row));
            return converted.Problem ?? converted.Rule;
        }

        Assert.Equal("messages", Rule("""{"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]}"""));
        Assert.Equal("conversations", Rule("""{"conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]}"""));
        Assert.Equal("prompt/response", Rule("""{"prompt": "Q", "response": "A"}"""));
        Assert.Equal("prompt/completion", Rule("""{"prompt": "Q", "completion": "A"}"""));
        Assert.Equal("instruction/output", Rule("""{"instruction": "Q", "output": "A"}"""));
        Assert.Equal("text", Rule("""{"text": "T"}"""));
        Assert.Contains("null", Rule("""{"prompt": "Q", "text": "T"}"""), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"prompt": "Q", "completion": "A", "label": false}""")]
    [InlineData("""{"prompt": "Q", "completion": "A", "label": "False"}""")]
    [InlineData("""{"prompt": "Q", "completion": "A", "label": 0}""")]
    [InlineData("""{"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}], "kto_tag": false}""")]
    public void An_answer_that_is_labeled_false_is_left_out(string json)
    {
        var converted = RowConverter.For([Read(json)], new RowColumns()).Convert(Read(json));
        Assert.Contains("is false", converted.LeftOut, StringComparison.Ordinal);
        Assert.Null(converted.Problem);
        Assert.Null(converted.Messages);
    }

    [Fact]
    public void A_label_may_be_a_class_and_can_be_named()
    {
        Row[] rows = [Read("""{"prompt": "Q", "response": "A", "label": 0}"""), Read("""{"prompt": "Q", "response": "A", "label": 1}""")];
        var classes = RowConverter.For(rows, new RowColumns());
        Assert.Null(classes.Convert(rows[0]).LeftOut);
        Assert.Contains("set label_column to label", Assert.Single(classes.Notices), StringComparison.Ordinal);
        var named = RowConverter.For(rows, new RowColumns { Label = "label" });
        Assert.NotNull(named.Convert(rows[0]).LeftOut);
        Assert.Null(named.Convert(rows[1]).LeftOut);
        Assert.Null(RowConverter.For(rows, new RowColumns { Prompt = "prompt", Response = "label" }).Convert(rows[0]).LeftOut);
        Assert.Contains("must be true or false", named.Convert(Read("""{"prompt": "Q", "response": "A", "label": "so so"}""")).Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"prompt": "Q", "response": "A", "label": false}""", true)]
    [InlineData("""{"prompt": "Q", "completion": "A", "label": 0}""", true)]
    [InlineData("""{"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}], "kto_tag": "False"}""", true)]
    [InlineData("""{"prompt": "Q", "response": "A", "label": 0}""", false)]
    [InlineData("""{"prompt": "Q", "completion": "A", "label": 1, "kto_tag": null}""", false)]
    [InlineData("""{"prompt": "Q", "response": "A", "label": "positive"}""", false)]
    [InlineData("""{"text": "T", "label": false}""", false)]
    public void A_label_that_the_first_rows_do_not_have_counts(string json, bool isLeftOut)
    {
        Row[] first = [Read("""{"instruction": "Q", "output": "A"}""")];
        var converted = RowConverter.For(first, new RowColumns()).Convert(Read(json));
        Assert.Null(converted.Problem);
        Assert.Equal(isLeftOut, converted.LeftOut is not null);
    }

    [Fact]
    public void A_column_that_holds_other_classes_too_is_no_label()
    {
        Row[] first = [Read("""{"prompt": "Q", "completion": "A", "label": "false"}"""), Read("""{"prompt": "Q", "completion": "A", "label": "half-true"}""")];
        Assert.Null(RowConverter.For(first, new RowColumns()).Convert(first[0]).LeftOut);
    }

    [Fact]
    public void Roles_can_be_mapped()
    {
        var row = Read("""{"messages": [{"role": "Narrator", "content": "Q"}, {"role": "char", "content": "A"}]}""");
        var columns = new RowColumns { Roles = new Dictionary<string, string> { ["narrator"] = "user", ["char"] = "assistant" } };
        Assert.Equal("user:Q|assistant:A", Show(RowConverter.For([row], columns).Convert(row).Messages!));
        Assert.Contains("role_mapping: {Narrator: user}", RowConverter.For([row], new RowColumns()).Convert(row).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Templates_that_name_no_column_are_told()
    {
        Row[] rows = [Read("""{"instruction": "Q", "output": "A"}""")];
        IReadOnlyList<string> Notices(string input, string output) => RowConverter.For(rows, new RowColumns { InputTemplate = input, OutputTemplate = output, InstructionTemplate = "Be brief." }).Notices;
        Assert.StartsWith("input_template gives the same text for every row", Assert.Single(Notices("say $instruction", "{{ output }}")), StringComparison.Ordinal);
        Assert.StartsWith("output_template gives the same text for every row", Assert.Single(Notices("{{ instruction }}", "yes")), StringComparison.Ordinal);
        Assert.Contains("'context', which the first rows", Assert.Single(Notices("{{ instruction }}{% if context %}{{ context }}{% endif %}", "{{ output }}")), StringComparison.Ordinal);
        Assert.Empty(Notices("{% for c in instruction %}{{ c }}{{ loop.index }}{% endfor %}", "{% set x = output %}{{ x }}"));
    }

    [Theory]
    [InlineData("""{"prompt": "Q", "response": "A", "tools": [{"name": "f"}]}""", """{"tools":[{"name":"f"}]}""")]
    [InlineData("""{"prompt": "Q", "response": "A", "tools": "[{\"name\": \"f\"}]"}""", """{"tools":[{"name":"f"}]}""")]
    [InlineData("""{"prompt": "Q", "response": "A", "tools": ["{\"name\": \"f\"}"]}""", """{"tools":[{"name":"f"}]}""")]
    [InlineData("""{"prompt": "Q", "response": "A", "functions": [{"name": "f"}]}""", """{"functions":[{"name":"f"}],"tools":[{"type":"function","function":{"name":"f"}}]}""")]
    [InlineData("""{"prompt": "Q", "response": "A", "documents": [{"text": "D"}], "chat_template_kwargs": "{\"enable_thinking\": false}"}""", """{"documents":[{"text":"D"}],"enable_thinking":false}""")]
    [InlineData("""{"prompt": "Q", "response": "A", "tools": "[]", "functions": null, "documents": "a text", "chat_template_kwargs": {}}""", "null")]
    [InlineData("""{"prompt": "Q", "response": "A", "tools": "none"}""", "null")]
    public void A_row_gives_the_template_more_than_messages(string json, string expected)
    {
        var context = RowConverter.For([Read(json)], new RowColumns()).Convert(Read(json)).Context;
        Assert.Equal(expected, context is null ? "null" : new JsonObject(context.Select(entry => KeyValuePair.Create(entry.Key, entry.Value?.DeepClone()))).ToJsonString());
    }

    [Fact]
    public void Nulls_of_columnar_files_are_no_parameters_of_tools()
    {
        const string json = """{"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": null, "tool_calls": [{"function": {"name": "f", "arguments": {"a": 1, "b": null}}}]}], "tools": [{"name": "f", "default": null}]}""";
        var row = Read(json);
        string Both(ConvertedRow converted) => converted.Messages![1].Extra!["tool_calls"]!.ToJsonString() + converted.Context!["tools"]!.ToJsonString();
        var converter = RowConverter.For([row], new RowColumns());
        Assert.Contains("null", Both(converter.Convert(row)), StringComparison.Ordinal);
        Assert.DoesNotContain("null", Both(converter.Convert(row with { IsColumnar = true })), StringComparison.Ordinal);
    }

    [Fact]
    public void Nulls_in_JSON_text_are_the_texts_own_in_columnar_files_too()
    {
        var rows = (string[])[
            """{"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": null, "tool_calls": "[{\"function\": {\"arguments\": {\"b\": null}}}]"}], "tools": "[{\"name\": \"f\", \"default\": null}]"}""",
            """{"messages": "[{\"role\": \"user\", \"content\": \"Q\"}, {\"role\": \"assistant\", \"tool_calls\": [{\"function\": {\"arguments\": {\"b\": null}}}]}]", "tools": ["{\"name\": \"f\", \"default\": null}"]}""",
        ];
        foreach (var row in rows.Select(Read))
        {
            var converted = RowConverter.For([row], new RowColumns()).Convert(row with { IsColumnar = true });
            Assert.Equal("""[{"function":{"arguments":{"b":null}}}]""", converted.Messages![1].Extra!["tool_calls"]!.ToJsonString());
            Assert.Equal("""[{"name":"f","default":null}]""", converted.Context!["tools"]!.ToJsonString());
        }
    }

    [Fact]
    public void Depth_and_numbers_are_faults_of_their_row_alone()
    {
        JsonNode deep = new JsonArray();
        for (var i = 0; i < 200; i++) deep = new JsonArray(deep);
        var row = new Row("rows.jsonl", 1, new Dictionary<string, JsonNode?> { ["a"] = deep, ["b"] = "A", ["n"] = JsonNode.Parse(new string('1', 2000)) });
        string? Problem(RowColumns columns) => RowConverter.For([row], columns).Convert(row).Problem;
        Assert.Contains("nested deeper than", Problem(new RowColumns { InputTemplate = "{{ a }}", OutputTemplate = "{{ b }}" }), StringComparison.Ordinal);
        Assert.Null(Problem(new RowColumns { InputTemplate = "{{ b }}", OutputTemplate = "{{ b }}" }));
        Assert.Contains("a number of 2000 characters", Problem(new RowColumns { Prompt = "n", Response = "b" }), StringComparison.Ordinal);
    }

    [Fact]
    public void Further_keys_of_messages_are_kept_and_nulls_left_out()
    {
        var row = Read("""{"messages": [{"role": "user", "content": "Q", "name": null}, {"role": "assistant", "content": null, "tool_calls": [{"name": "f"}]}]}""");
        var messages = RowConverter.For([row], new RowColumns()).Convert(row).Messages!;
        Assert.Null(messages[0].Extra);
        Assert.Null(messages[1].Extra!["content"]);
        Assert.Equal("True True", Content(messages[1]));
        var absent = Read("""{"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "tool_calls": "[{\"name\": \"f\"}]"}]}""");
        var call = RowConverter.For([absent], new RowColumns()).Convert(absent).Messages![1];
        Assert.Equal("False False", Content(call));
        Assert.Equal("f", (string)call.Extra!["tool_calls"]![0]!["name"]!);
        Assert.Equal("f", (string)messages[1].Extra!["tool_calls"]![0]!["name"]!);
    }

    /// <summary>Whether a template sees content, and whether that is none.</summary>
    private static string Content(Message message) => Template.Parse("{{ 'content' in m }} {{ m.content is none }}").Render([KeyValuePair.Create("m", message.ToTemplateValue())]);

    [Theory]
    [InlineData("""{"messages": [{"role": "user", "content": "Q"}], "chosen": "A", "rejected": "B", "system": "S", "tools": "[{\"name\": \"f\"}]"}""")]
    [InlineData("""{"conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}], "System": "S", "documents": [{"title": "T"}]}""")]
    [InlineData("""{"prompt": "Q", "chosen": "A", "rejected": "B", "system": "S"}""")]
    [InlineData("""{"question": "Q", "chosen": "A", "rejected": "B"}""")]
    [InlineData("""{"instruction": "Q", "input": "I", "output": "A", "history": [["a", "b"]], "system": "S"}""")]
    [InlineData("""{"instruction": "Q", "context": "I", "response": "A"}""")]
    [InlineData("""{"prompt": "Q", "completion": "A", "label": false, "chat_template_kwargs": {"x": 1}}""")]
    [InlineData("""{"Prompt": "Q", "Answer": "A", "kto_tag": true, "functions": [{"name": "f"}]}""")]
    [InlineData("""{"text": "T"}""")]
    [InlineData("""{"text": "T", "prompt": null, "response": ""}""")]
    public void A_row_without_the_columns_that_nobody_reads_says_the_same(string json)
    {
        var row = Read(json);
        row = row with { Values = row.Values.Append(new("picture", JsonNode.Parse("[1, 2]"))).Append(new("id", 7)).ToDictionary() };
        var converter = RowConverter.For([row], new RowColumns());
        var reads = new RowColumns().MayBeRead();
        var read = row with { Values = row.Values.Where(field => reads(field.Key)).ToDictionary() };

        Assert.Equal(row.Values.Count - 2, read.Values.Count);
        Assert.Equal(Told(converter.Convert(row)), Told(converter.Convert(read)));
        static string Told(ConvertedRow row) =>
            $"{row.Rule} {row.Problem} {row.LeftOut} {row.Text} {Show(row.Messages ?? [])} {string.Join(',', (row.Context ?? new Dictionary<string, JsonNode?>()).Select(entry => $"{entry.Key}={entry.Value?.ToJsonString()}"))}";
    }

    [Fact]
    public void Named_columns_and_those_of_templates_are_read()
    {
        var row = Read("""{"q": "Q", "a": "A", "s": "S", "good": true, "more": 1}""");
        var named = new RowColumns { Prompt = "q", Response = "a", System = "s", Label = "good" };
        Assert.Equal(["q", "a", "s", "good"], row.Values.Keys.Where(named.MayBeRead()));
        var templates = new RowColumns { InputTemplate = "{{ q }}{% if more %}!{% endif %}", OutputTemplate = "{{ a }}" };
        Assert.Equal(["q", "a", "more"], row.Values.Keys.Where(templates.MayBeRead()));
    }

    private static Row Read(string json) => new("rows.jsonl", 1, JsonNode.Parse(json)!.AsObject().ToDictionary(field => field.Key, field => field.Value));

    private static string Show(IEnumerable<Message> messages) => string.Join('|', messages.Select(message => $"{message.Role}:{message.Content}"));
}
