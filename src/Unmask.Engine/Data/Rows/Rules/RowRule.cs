using Unmask.Engine.Data.Rows.Messages;
using Unmask.Engine.Data.Rows.Values;
using Unmask.Text.ChatTemplates;

namespace Unmask.Engine.Data.Rows.Rules;

/// <summary>One way to read a row.</summary>
/// <param name="Name">What reports call it, such as <c>prompt/response</c>.</param>
internal abstract record RowRule(string Name)
{
    /// <summary>Name of the rule for texts without a prompt.</summary>
    public const string PlainText = "text";

    /// <summary>The columns that a row read this way must have.</summary>
    public abstract IReadOnlyList<string> Columns { get; }

    /// <summary>Those of them that must hold something for a row to be of this form.</summary>
    public virtual IReadOnlyList<string> Telling => Columns;

    /// <summary>Columns that it reads beside <see cref="Columns"/> where a row has them.</summary>
    public virtual IReadOnlyList<string> Further => [];

    /// <summary>Whether rows with these columns can be read this way.</summary>
    public bool Fits(IEnumerable<string> columns) => Columns.All(column => RowValues.FindColumn(columns, column) is not null);

    /// <exception cref="RowFault">The row does not hold what it should.</exception>
    public abstract ConvertedRow Convert(Row row);

    protected ConvertedRow Conversation(IReadOnlyList<Message> messages)
    {
        if (messages.Count == 0 || messages[^1].Role != Message.Assistant)
        {
            throw new RowFault(messages.Count == 0 ? "the conversation has no messages." : $"the conversation ends with a message of '{messages[^1].Role}', so there is no answer to learn. It must end with 'assistant'.");
        }

        if (!MessageReader.SaysSomething(messages[^1])) throw new RowFault("the assistant's last message is empty, so there is no answer to learn.");
        if (messages.Count == 1) throw new RowFault("the conversation has an answer but nothing before it.");
        return new ConvertedRow(Name) { Messages = messages };
    }

    /// <summary>The messages with the row's system message before them, where it has one and they have none.</summary>
    protected static IReadOnlyList<Message> WithSystem(Row row, string? column, IReadOnlyList<Message> messages)
    {
        if (column is null || messages is [{ Role: Message.System }, ..] || RowValues.Get(row, column) is not { } cell) return messages;
        var text = RowValues.Text(cell, column);
        return string.IsNullOrWhiteSpace(text) ? messages : [new(Message.System, text), .. messages];
    }
}

/// <summary>A column of plain text.</summary>
internal sealed record TextRule(string Column) : RowRule(PlainText)
{
    public override IReadOnlyList<string> Columns => [Column];

    public override ConvertedRow Convert(Row row)
    {
        var text = RowValues.Text(RowValues.Get(row, Column), Column);
        if (string.IsNullOrWhiteSpace(text)) throw new RowFault($"'{Column}' is empty.");
        return new ConvertedRow(Name) { Text = text };
    }
}
