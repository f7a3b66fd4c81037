using Unmask.Engine.Data.Rows.Messages;
using Unmask.Engine.Data.Rows.Values;
using Unmask.Text.ChatTemplates;

namespace Unmask.Engine.Data.Rows.Rules;

/// <summary>A column that holds a list of messages, perhaps with the chosen one of two answers and a system message in columns beside it.</summary>
internal sealed record ConversationRule(string Name, MessageReader Reader, string Column) : RowRule(Name)
{
    private const string Chosen = "chosen";
    private const string System = "system";

    public override IReadOnlyList<string> Columns => [Column];

    public override IReadOnlyList<string> Further => [Chosen, System];

    public override ConvertedRow Convert(Row row)
    {
        IReadOnlyList<Message> messages = Reader.Read(RowValues.Get(row, Column), Column);
        var waits = messages.Count > 0 && messages[^1].Role != Message.Assistant;
        if (waits && RowValues.Get(row, Chosen) is { } chosen) messages = [.. messages, .. PreferenceRule.Answer(Reader, chosen, Chosen)];
        return Conversation(WithSystem(row, RowValues.Get(row, System) is { } cell && CellJson.TextOf(cell) is not null ? System : null, messages));
    }
}

/// <summary>Two answers, of which the chosen one is learned; each may be a text or a list of messages that may begin with the prompt.</summary>
internal sealed record PreferenceRule(MessageReader Reader) : RowRule("prompt/chosen/rejected")
{
    private static readonly string[] _questions = ["prompt", "instruction", "question"];

    public override IReadOnlyList<string> Columns => ["chosen", "rejected"];

    public override IReadOnlyList<string> Telling => ["chosen"];

    public override IReadOnlyList<string> Further => [.. _questions, "input", "system"];

    public override ConvertedRow Convert(Row row)
    {
        var answer = Answer(Reader, RowValues.Get(row, "chosen"), "chosen");
        return Conversation(WithSystem(row, "system", answer.Count > 0 && answer[0].Role != Message.Assistant ? answer : [.. Question(row), .. answer]));
    }

    public static IReadOnlyList<Message> Answer(MessageReader reader, System.Text.Json.Nodes.JsonNode? cell, string column) =>
        MessageReader.IsList(cell, column) ? reader.Read(cell, column) : [new(Message.Assistant, RowValues.Response(cell, column))];

    private IReadOnlyList<Message> Question(Row row)
    {
        var column = Array.Find(_questions, name => RowValues.Get(row, name) is not null) ?? "prompt";
        var prompt = RowValues.Get(row, column);
        if (MessageReader.IsList(prompt, column)) return Reader.Read(prompt, column);
        var text = RowValues.Text(prompt, column);
        var input = column == "instruction" && RowValues.Get(row, "input") is { } further ? RowValues.Text(further, "input").Trim() : "";
        return [new(Message.User, input.Length == 0 ? text : text.Trim() + "\n\n" + input)];
    }
}
