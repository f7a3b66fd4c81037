namespace Unmask.Engine.Data;

/// <summary>
/// Rows right-padded to one width, in row-major arrays on the host. <c>B</c> is <see cref="Rows"/>, <c>L</c> is <see cref="Width"/>.
/// </summary>
public sealed record Batch
{
    /// <summary>A label of this value marks a position that is never masked and never scored.</summary>
    public const int IgnoredLabel = -100;

    public required int Rows { get; init; }

    public required int Width { get; init; }

    /// <summary>Clean token ids, [B*L]; padding holds the pad id.</summary>
    public required int[] Ids { get; init; }

    /// <summary>[B*L]: equal to <see cref="Ids"/> where the position may be masked and scored, else <see cref="IgnoredLabel"/>.</summary>
    public required int[] Labels { get; init; }

    /// <summary>
    /// Visible tokens of each row, [B]: positions from there on are neither seen nor scored. Equal to <see cref="Width"/>
    /// for rows whose padding belongs to the recipe (supervised end-of-text padding, no attention mask).
    /// </summary>
    public required int[] Lengths { get; init; }

    /// <summary>Place of each row in its dataset, [B].</summary>
    public required long[] ExampleIndex { get; init; }

    /// <summary>Place of each row in the order of its epoch, [B]: what low-discrepancy times and counts run along.</summary>
    public required long[] OrderIndex { get; init; }

    /// <summary>Prompt tokens of each row, [B].</summary>
    public required int[] PromptLengths { get; init; }

    /// <summary>Positions that may be masked and scored.</summary>
    public int Maskable => Labels.Count(label => label != IgnoredLabel);

    /// <summary>Some of the rows, as they are here: their width does not change.</summary>
    /// <param name="rows">Their places in this batch.</param>
    public Batch Take(IReadOnlyList<int> rows)
    {
        int[] Wide(int[] values) => [.. rows.SelectMany(row => values[(row * Width)..((row + 1) * Width)])];
        T[] Narrow<T>(T[] values) => [.. rows.Select(row => values[row])];
        return this with
        {
            Rows = rows.Count,
            Ids = Wide(Ids),
            Labels = Wide(Labels),
            Lengths = Narrow(Lengths),
            ExampleIndex = Narrow(ExampleIndex),
            OrderIndex = Narrow(OrderIndex),
            PromptLengths = Narrow(PromptLengths),
        };
    }
}
