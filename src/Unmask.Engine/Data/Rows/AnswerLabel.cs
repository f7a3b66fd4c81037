using System.Text.Json;
using System.Text.Json.Nodes;
using Unmask.Engine.Data.Rows.Values;

namespace Unmask.Engine.Data.Rows;

/// <summary>
/// The column that says whether an answer is a good one (unpaired preferences, as TRL and LLaMA-Factory have them). An answer that is labeled false is not to be learned.
/// Columns of the usual names are looked at in every row, for files that were joined may have them in later rows alone; the first rows only tell where such a column is something else.
/// </summary>
internal sealed class AnswerLabel
{
    private static readonly string[] _usual = ["label", "kto_tag"];

    private AnswerLabel(IReadOnlyList<string> columns, bool isNamed, string? notice) => (Columns, IsNamed, Notice) = (columns, isNamed, notice);

    /// <summary>The columns that it may stand in.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>Whether settings name it.</summary>
    public bool IsNamed { get; }

    /// <summary>What a person should know; null for nothing.</summary>
    public string? Notice { get; }

    /// <summary>The columns that may hold a label, whatever rows hold.</summary>
    /// <param name="named">Setting <c>label_column</c>.</param>
    public static IReadOnlyList<string> Possible(string? named) => named is null ? _usual : [named];

    /// <summary>The column that settings name, or those of the usual names that hold no classes of something.</summary>
    /// <param name="firstRows">Some rows from the start.</param>
    /// <param name="named">Setting <c>label_column</c>.</param>
    /// <param name="used">Columns that the form of most rows reads.</param>
    public static AnswerLabel Find(IReadOnlyList<Row> firstRows, string? named, IReadOnlyList<string> used)
    {
        if (named is not null) return new AnswerLabel([named], isNamed: true, notice: null);
        var columns = new List<string>();
        string? notice = null;
        foreach (var name in _usual)
        {
            var cells = firstRows.Select(row => RowValues.Get(row, name)).Where(RowValues.IsFilled).ToList();
            if (cells.Any(cell => Truth(cell) is null && Bit(cell) is null)) continue;
            columns.Add(name);
            if (cells.Any(cell => Truth(cell) is null) && !Holds(used, name) && !HaveBits(used)) notice = $"The column '{name}' holds 0 and 1, and all rows are learned; where 0 marks answers that are not to be learned, set label_column to {name}.";
        }

        return new AnswerLabel(columns, isNamed: false, notice);
    }

    /// <summary>Why the row is not to be learned; null where it is.</summary>
    /// <param name="row">The row.</param>
    /// <param name="used">Columns that its form reads.</param>
    /// <exception cref="RowFault">The label that settings name is neither true nor false.</exception>
    public string? Refusal(Row row, IReadOnlyList<string> used)
    {
        foreach (var name in Columns.Where(name => IsNamed || !Holds(used, name)))
        {
            var cell = RowValues.Get(row, name);
            if (RowValues.IsFilled(cell) && !IsGood(cell, name, used)) return $"its '{name}' is false, so its answer is not one to learn.";
        }

        return null;
    }

    private bool IsGood(JsonNode? cell, string name, IReadOnlyList<string> used)
    {
        if (!IsNamed) return Truth(cell) ?? (HaveBits(used) ? Bit(cell) : null) ?? true;
        return Truth(cell) ?? Bit(cell) ?? throw new RowFault($"'{name}' says whether the answer is good. It must be true or false (or 1 or 0), but is {Shown(cell)}.");
    }

    /// <summary>0 and 1 may be classes of anything, but beside these two names they are TRL's form.</summary>
    private static bool HaveBits(IReadOnlyList<string> used) => Holds(used, "prompt") && Holds(used, "completion");

    private static bool Holds(IReadOnlyList<string> used, string name) => used.Contains(name, StringComparer.OrdinalIgnoreCase);

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
