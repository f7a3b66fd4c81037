using Unmask.Engine.Data.Rows.Messages;
using Unmask.Engine.Data.Rows.Rules;
using Unmask.Engine.Data.Rows.Values;

namespace Unmask.Engine.Data.Rows;

/// <summary>The known forms of rows, and which of them a row is of: that one whose columns hold something.</summary>
internal sealed class RowForms
{
    private readonly RowRule[] _known;

    /// <param name="reader">Reads lists of messages.</param>
    /// <param name="system">Column with the system message, where prompt and response are in columns; null for <c>system</c>.</param>
    public RowForms(MessageReader reader, string? system) => _known = [.. Known(reader, system ?? "system")];

    /// <summary>Every column that a row of any form may be read from.</summary>
    public IEnumerable<string> Columns => _known.SelectMany(rule => rule.Columns.Concat(rule.Further));

    /// <summary>The first form that columns of these names have; null for none.</summary>
    public RowRule? ByColumns(IReadOnlyCollection<string> columns) => Array.Find(_known, rule => rule.Fits(columns));

    /// <summary>The form of one row. Files of several sources give every row the columns of all, those of the others being null or empty.</summary>
    /// <param name="row">The row.</param>
    /// <param name="usual">The form that most rows are expected to have.</param>
    /// <exception cref="RowFault">No column of any form holds something.</exception>
    public RowRule Of(Row row, RowRule usual)
    {
        var columns = row.Values.Keys as IReadOnlyCollection<string> ?? [.. row.Values.Keys];
        if (IsFilled(usual, row)) return usual;
        // What the usual form has to say must be said by another, too: a question without its answer is no text.
        var held = usual.Telling.Where(column => RowValues.IsFilled(RowValues.Get(row, column))).ToList();
        bool SaysIt(RowRule rule) => held.All(column => rule.Columns.Contains(column, StringComparer.OrdinalIgnoreCase));
        if (Array.Find(_known, rule => IsFilled(rule, row) && SaysIt(rule) && (rule is not TextRule || SaysNothingElse(rule, row))) is { } filled) return filled;
        if (!usual.Fits(columns)) return ByColumns(columns) ?? usual;
        if (held.Count > 0) return usual;

        var empty = _known.Where(rule => rule.Fits(columns)).SelectMany(rule => rule.Telling).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        if (empty.Count > usual.Telling.Count && !empty.Any(column => RowValues.IsFilled(RowValues.Get(row, column))))
            throw new RowFault($"the row is empty: nothing is in {string.Join(", ", empty.Select(column => $"'{column}'"))}.");
        return usual;
    }

    private bool SaysNothingElse(RowRule text, Row row) =>
        !_known.SelectMany(rule => rule.Telling).Any(column => !text.Telling.Contains(column) && RowValues.IsFilled(RowValues.Get(row, column)));

    private static bool IsFilled(RowRule rule, Row row) => rule.Telling.All(column => RowValues.IsFilled(RowValues.Get(row, column)));

    private static IEnumerable<RowRule> Known(MessageReader reader, string system)
    {
        yield return new ConversationRule("messages", reader, "messages");
        yield return new ConversationRule("conversations", reader, "conversations");
        yield return new ConversationRule("conversation", reader, "conversation");
        yield return new PreferenceRule(reader);
        yield return new PairRule("instruction/output", reader, "instruction", "output", "input", system, "history");
        yield return new PairRule("instruction/response", reader, "instruction", "response", "context", system, "history");
        foreach (var response in (string[])["completion", "response", "answer", "output"]) yield return new PairRule($"prompt/{response}", reader, "prompt", response, System: system, History: "history");
        foreach (var response in (string[])["answer", "response"]) yield return new PairRule($"question/{response}", reader, "question", response, System: system);
        yield return new PairRule("input/output", reader, "input", "output", System: system);
        yield return new TextRule("text");
    }
}
