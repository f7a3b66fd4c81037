using System.Text.Json;
using System.Text.Json.Nodes;

namespace Unmask.Engine.Data.Rows;

/// <summary>
/// The column that says whether an answer is a good one (unpaired preferences, as TRL and LLaMA-Factory have them). An answer that is labeled false is not to be learned.
/// </summary>
internal sealed class AnswerLabel
{
    private static readonly string[] _usual = ["label", "kto_tag"];

    private AnswerLabel(string column) => Column = column;

    /// <summary>The column.</summary>
    public string Column { get; }

    /// <summary>The column that settings name, or one of the usual names that holds true and false beside an answer; null for none.</summary>
    /// <param name="firstRows">Some rows from the start.</param>
    /// <param name="named">Setting <c>label_column</c>.</param>
    /// <param name="used">Columns that the form of the rows reads.</param>
    /// <param name="notice">What a person should know; null for nothing.</param>
    public static AnswerLabel? Find(IReadOnlyList<Row> firstRows, string? named, IReadOnlyList<string> used, out string? notice)
    {
        notice = null;
        if (named is not null) return new AnswerLabel(named);
        foreach (var name in _usual.Where(name => !used.Contains(name, StringComparer.OrdinalIgnoreCase)))
        {
            var cells = firstRows.Select(row => RowValues.Get(row, name)).Where(RowValues.IsFilled).ToList();
            if (cells.Count == 0) continue;
            if (cells.All(cell => Truth(cell) is not null)) return new AnswerLabel(name);
            if (cells.Any(cell => Bit(cell) is null)) continue;
            // 0 and 1 may be classes of anything, but beside these two names they are TRL's form.
            if (used.Contains("prompt", StringComparer.OrdinalIgnoreCase) && used.Contains("completion", StringComparer.OrdinalIgnoreCase)) return new AnswerLabel(name);
            notice = $"The column '{name}' holds 0 and 1, and all rows are learned; where 0 marks answers that are not to be learned, set label_column to {name}.";
        }

        return null;
    }

    /// <summary>Why the row is not to be learned; null where it is.</summary>
    /// <exception cref="RowFault">The label is neither true nor false.</exception>
    public string? Refusal(Row row)
    {
        var cell = RowValues.Get(row, Column);
        if (!RowValues.IsFilled(cell)) return null;
        var good = Truth(cell) ?? Bit(cell) ?? throw new RowFault($"'{Column}' says whether the answer is good; it must be true or false (or 1 or 0), but is {Shown(cell)}.");
        return good ? null : $"its '{Column}' is false, so its answer is not one to learn.";
    }

    private static string Shown(JsonNode? cell) => CellJson.TextOf(cell) is { Length: <= 40 } text ? $"'{text}'" : RowValues.KindName(cell);

    private static bool? Truth(JsonNode? cell) => cell?.GetValueKind() switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.String => CellJson.TextOf(cell)!.Trim().ToLowerInvariant() switch { "true" => true, "false" => false, _ => null },
        _ => null,
    };

    private static bool? Bit(JsonNode? cell) => cell switch
    {
        JsonValue when cell.GetValueKind() is JsonValueKind.Number or JsonValueKind.String => cell.ToString().Trim() switch { "1" or "1.0" => true, "0" or "0.0" => false, _ => null },
        _ => null,
    };
}
