using System.Text.Json.Nodes;
using Unmask.Engine.Data.Rows.Messages;
using Unmask.Engine.Data.Rows.Values;
using Unmask.Text.ChatTemplates;

namespace Unmask.Engine.Data.Rows.Rules;

/// <summary>A prompt and a response in columns, each a text or a list of messages, perhaps with further input, earlier turns and a system message.</summary>
/// <param name="Name">What reports call it.</param>
/// <param name="Reader">Reads lists of messages.</param>
/// <param name="Prompt">Column with what the user says.</param>
/// <param name="Response">Column with what the assistant answers.</param>
/// <param name="Input">Column with what belongs to the prompt, too (Alpaca).</param>
/// <param name="System">Column with a system message.</param>
/// <param name="History">Column with earlier turns: pairs of a prompt and a response.</param>
internal sealed record PairRule(string Name, MessageReader Reader, string Prompt, string Response, string? Input = null, string? System = null, string? History = null) : RowRule(Name)
{
    public override IReadOnlyList<string> Columns => [Prompt, Response];

    public override IReadOnlyList<string> Further => [.. new[] { Input, System, History }.OfType<string>()];

    public override ConvertedRow Convert(Row row) =>
        Conversation(WithSystem(row, System, [.. Earlier(row), .. Question(row), .. Answer(row)]));

    private IReadOnlyList<Message> Question(Row row)
    {
        var cell = RowValues.Get(row, Prompt);
        if (MessageReader.IsList(cell, Prompt)) return Reader.Read(cell, Prompt);
        var prompt = RowValues.Text(cell, Prompt);
        if (Input is null) return [new(Message.User, prompt)];
        var input = RowValues.Get(row, Input) is { } further ? RowValues.Text(further, Input).Trim() : "";
        return [new(Message.User, input.Length == 0 ? prompt.Trim() : prompt.Trim() + "\n\n" + input)];
    }

    private IReadOnlyList<Message> Answer(Row row)
    {
        var cell = RowValues.Get(row, Response);
        if (MessageReader.IsList(cell, Response)) return Reader.Read(cell, Response);
        var response = RowValues.Response(cell, Response);
        return [new(Message.Assistant, Input is null ? response : response.Trim())];
    }

    private IEnumerable<Message> Earlier(Row row)
    {
        if (History is null || RowValues.Get(row, History) is not { } cell) return [];
        // A column of that name may be a text about something else.
        if (CellJson.TextOf(cell) is { } text && !text.AsSpan().TrimStart().StartsWith("[")) return [];
        var turns = CellJson.Value(cell, History);
        if (turns is not JsonArray list) throw new RowFault($"'{History}' must be a list of pairs of a prompt and a response, but is {RowValues.KindName(turns)}.");
        if (list.Count > 0 && list.All(turn => turn is JsonObject)) return Reader.Read(list, History);
        return list.SelectMany((turn, i) => turn is JsonArray { Count: 2 } pair
            ? (IEnumerable<Message>)[new(Message.User, RowValues.Text(pair[0], $"{History}[{i}][0]")), new(Message.Assistant, RowValues.Text(pair[1], $"{History}[{i}][1]"))]
            : throw new RowFault($"{History}[{i}] must be a pair of a prompt and a response, but is {RowValues.KindName(turn)}."));
    }
}
