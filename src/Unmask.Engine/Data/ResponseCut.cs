namespace Unmask.Engine.Data;

/// <summary>
/// Dream's way to show a model shorter answers than the data holds (its fine-tuning code; the collator of dllm): all answers of a batch are cut to the
/// length of one of them, or now and then the end of the whole batch is cut off. Prompts stay whole. Pure: the numbers are drawn by <see cref="BatchShaping"/>.
/// </summary>
public static class ResponseCut
{
    /// <summary>The rows with answers of at most <paramref name="kept"/> tokens.</summary>
    public static IReadOnlyList<Example> Keep(IReadOnlyList<Example> examples, int kept) =>
        [.. examples.Select(example => ResponseLength(example) <= kept ? example : example with { Ids = example.Ids[..(example.PromptLength + kept)] })];

    /// <summary>Tokens of a row that are not prompt.</summary>
    public static int ResponseLength(Example example) => Math.Max(0, example.Ids.Length - example.PromptLength);

    /// <summary>The batch without its last <paramref name="columns"/> columns; what is padding in them counts.</summary>
    public static Batch Narrow(Batch batch, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(columns, batch.Width);
        var width = batch.Width - columns;
        int[] Cut(int[] values) => [.. values.Chunk(batch.Width).SelectMany(row => row[..width])];
        return batch with
        {
            Width = width,
            Ids = Cut(batch.Ids),
            Labels = Cut(batch.Labels),
            Lengths = [.. batch.Lengths.Select(length => Math.Min(length, width))],
            PromptLengths = [.. batch.PromptLengths.Select(length => Math.Min(length, width))],
        };
    }
}
