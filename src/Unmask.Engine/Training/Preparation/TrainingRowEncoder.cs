using Unmask.Core.Parameters;
using Unmask.Engine.Data;
using Unmask.Engine.Data.Preparation;
using Unmask.Engine.Data.Rows;
using Unmask.Engine.Data.Rows.Values;

namespace Unmask.Engine.Training.Preparation;

/// <summary>Turns the rows of a run's dataset into tokens. Safe to use from many threads.</summary>
internal sealed class TrainingRowEncoder
{
    private readonly RowConverter _converter;
    private readonly bool _joinsMessages;
    private readonly ConversationEncoder _conversations;

    private TrainingRowEncoder(RowConverter converter, bool joinsMessages, ConversationEncoder conversations) =>
        (_converter, _joinsMessages, _conversations) = (converter, joinsMessages, conversations);

    /// <param name="parameters">The run's settings.</param>
    /// <param name="conversations">Template and tokenizer.</param>
    /// <param name="firstRows">Up to <see cref="DataPreparation.RowsLookedAt"/> rows from the start of the files.</param>
    public static TrainingRowEncoder For(TrainParameters parameters, ConversationEncoder conversations, IReadOnlyList<Row> firstRows) =>
        new(RowConverter.For(firstRows, TrainingRows.Columns(parameters)), parameters.Pretrain, conversations);

    /// <summary>What a person should know of how the rows are read, sentences.</summary>
    public IReadOnlyList<string> Notices => _converter.Notices;

    /// <summary>What the row says. In pretraining a conversation is a text like any other.</summary>
    public ConvertedRow Understand(Row row)
    {
        var converted = _converter.Convert(row);
        return _joinsMessages && converted.Messages is { } messages
            ? converted with { Messages = null, Context = null, Text = string.Join("\n", messages.Select(message => message.Content)) }
            : converted;
    }

    /// <inheritdoc cref="RowEncoder"/>
    public EncodedRow Encode(Row row)
    {
        var converted = Understand(row);
        if (converted.LeftOut is { } reason) return new EncodedRow([], 0, converted.Rule) { LeftOut = reason };
        var example = _conversations.Encode(row.Line, converted);
        return new EncodedRow(example.Ids, example.PromptLength, converted.Rule);
    }
}
