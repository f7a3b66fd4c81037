using Unmask.Engine.Text.Templates;

namespace Unmask.Engine.Data.Rows;

/// <summary>One way to read a row.</summary>
/// <param name="Name">What reports call it, such as <c>prompt/response</c>.</param>
internal abstract record RowRule(string Name)
{
    /// <summary>Name of the rule for texts without a prompt.</summary>
    public const string PlainText = "text";

    /// <summary>Whether rows with these columns can be read this way.</summary>
    public abstract bool Fits(IReadOnlyCollection<string> columns);

    /// <exception cref="RowFault">The row does not hold what it should.</exception>
    public abstract ConvertedRow Convert(Row row);

    protected ConvertedRow Conversation(IReadOnlyList<Message> messages)
    {
        if (messages.Count == 0 || messages[^1].Role != Message.Assistant)
        {
            throw new RowFault(messages.Count == 0 ? "the conversation has no messages." : $"the conversation ends with a message of '{messages[^1].Role}', so there is no answer to learn; it must end with 'assistant'.");
        }

        if (string.IsNullOrWhiteSpace(messages[^1].Content) && messages[^1].Extra is null) throw new RowFault("the assistant's last message is empty, so there is no answer to learn.");
        if (messages.Count == 1) throw new RowFault("the conversation has an answer but nothing before it.");
        return new ConvertedRow(Name) { Messages = messages };
    }
}

/// <summary>A prompt and a response in columns, perhaps with further input and a system message.</summary>
internal sealed record PairRule(string Name, string Prompt, string Response, string? Input = null, string? System = null) : RowRule(Name)
{
    public override bool Fits(IReadOnlyCollection<string> columns) => RowValues.FindColumn(columns, Prompt) is not null && RowValues.FindColumn(columns, Response) is not null;

    public override ConvertedRow Convert(Row row)
    {
        var prompt = RowValues.Text(RowValues.Get(row, Prompt), Prompt);
        if (Input is not null)
        {
            var input = RowValues.Get(row, Input) is { } further ? RowValues.Text(further, Input).Trim() : "";
            prompt = input.Length == 0 ? prompt.Trim() : prompt.Trim() + "\n\n" + input;
        }

        var response = RowValues.Response(RowValues.Get(row, Response), Response);
        var messages = new List<Message>();
        if (System is not null && RowValues.Get(row, System) is { } system && RowValues.Text(system, System) is { } text && !string.IsNullOrWhiteSpace(text)) messages.Add(new(Message.System, text));
        messages.Add(new(Message.User, prompt));
        messages.Add(new(Message.Assistant, Input is null ? response : response.Trim()));
        return Conversation(messages);
    }
}

/// <summary>A column that holds a list of messages.</summary>
internal sealed record ConversationRule(string Name, string Column) : RowRule(Name)
{
    public override bool Fits(IReadOnlyCollection<string> columns) => RowValues.FindColumn(columns, Column) is not null;

    public override ConvertedRow Convert(Row row) => Conversation(MessageList.Read(RowValues.Get(row, Column), Column));
}

/// <summary>Two answers, of which the chosen one is learnt; each may be a text or a list of messages that may begin with the prompt.</summary>
internal sealed record PreferenceRule() : RowRule("prompt/chosen/rejected")
{
    public override bool Fits(IReadOnlyCollection<string> columns) => RowValues.FindColumn(columns, "chosen") is not null && RowValues.FindColumn(columns, "rejected") is not null;

    public override ConvertedRow Convert(Row row)
    {
        var (prompt, chosen) = (RowValues.Get(row, "prompt"), RowValues.Get(row, "chosen"));
        var answer = MessageList.IsList(chosen) ? MessageList.Read(chosen, "chosen") : [new(Message.Assistant, RowValues.Response(chosen, "chosen"))];
        if (answer.Count > 0 && answer[0].Role != Message.Assistant) return Conversation(answer);
        var question = MessageList.IsList(prompt) ? MessageList.Read(prompt, "prompt") : [new(Message.User, RowValues.Text(prompt, "prompt"))];
        return Conversation([.. question, .. answer]);
    }
}

/// <summary>A column of plain text.</summary>
internal sealed record TextRule(string Column) : RowRule(PlainText)
{
    public override bool Fits(IReadOnlyCollection<string> columns) => RowValues.FindColumn(columns, Column) is not null;

    public override ConvertedRow Convert(Row row)
    {
        var text = RowValues.Text(RowValues.Get(row, Column), Column);
        if (string.IsNullOrWhiteSpace(text)) throw new RowFault($"'{Column}' is empty.");
        return new ConvertedRow(Name) { Text = text };
    }
}
