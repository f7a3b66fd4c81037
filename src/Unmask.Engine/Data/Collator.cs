namespace Unmask.Engine.Data;

/// <summary>
/// Lays rows side by side as a <see cref="Batch"/>, padded on the right to the longest of them.
/// </summary>
/// <remarks>
/// In the supervised fine-tuning recipe of LLaDA and BERT-Chat the padding is part of the text: it is seen, masked and scored, because
/// generation starts from a canvas of fixed width whose rest must be filled with the end-of-text token
/// (<see cref="SupervisePadding"/> true, no attention mask). Otherwise padding is invisible and ignored.
/// </remarks>
public sealed record Collator
{
    private readonly bool? visiblePadding;

    public required int PadId { get; init; }

    /// <summary>Padding may be masked and is scored (labels hold the pad id instead of <see cref="Batch.IgnoredLabel"/>).</summary>
    public bool SupervisePadding { get; init; } = true;

    /// <summary>Padding is seen by attention. Follows <see cref="SupervisePadding"/> unless set.</summary>
    public bool VisiblePadding
    {
        get => visiblePadding ?? SupervisePadding;
        init => visiblePadding = value;
    }

    /// <summary>The width is rounded up to a multiple of this; 1 adds nothing.</summary>
    public int WidthMultiple { get; init; } = 1;

    /// <summary>A token put in front of every row, seen but never masked or scored; null for none.</summary>
    public int? BeginId { get; init; }

    /// <summary>
    /// Puts <see cref="BeginId"/> only in front of batches in which a row begins with a token that may be masked: models that predict a token at the
    /// position before it need one there.
    /// </summary>
    public bool BeginWhereScored { get; init; }

    /// <summary>Makes one batch.</summary>
    /// <param name="examples">B rows, at least 1.</param>
    /// <param name="firstOrderIndex">Place of the first row in the order of its epoch.</param>
    public Batch Collate(IReadOnlyList<Example> examples, long firstOrderIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfZero(examples.Count, nameof(examples));
        var begin = BeginId is null || (BeginWhereScored && examples.All(example => example.PromptLength > 0)) ? 0 : 1;
        var longest = examples.Max(example => example.Ids.Length);
        // The begin token comes on top of the rounded width, as in the original, which pads first.
        var width = (longest + WidthMultiple - 1) / WidthMultiple * WidthMultiple + begin;
        var batch = new Batch
        {
            Rows = examples.Count,
            Width = width,
            Ids = new int[examples.Count * width],
            Labels = new int[examples.Count * width],
            Lengths = new int[examples.Count],
            ExampleIndex = new long[examples.Count],
            OrderIndex = new long[examples.Count],
            PromptLengths = new int[examples.Count],
        };

        for (var row = 0; row < examples.Count; row++)
        {
            var example = examples[row];
            var ids = batch.Ids.AsSpan(row * width, width);
            var labels = batch.Labels.AsSpan(row * width, width);
            var end = begin + example.Ids.Length;
            var prompt = begin + Math.Min(example.PromptLength, example.Ids.Length);

            if (begin > 0) ids[0] = BeginId!.Value;
            example.Ids.CopyTo(ids[begin..]);
            ids[end..].Fill(PadId);
            ids.CopyTo(labels);
            labels[..prompt].Fill(Batch.IgnoredLabel);
            if (!SupervisePadding) labels[end..].Fill(Batch.IgnoredLabel);

            batch.Lengths[row] = VisiblePadding ? width : end;
            batch.ExampleIndex[row] = example.Index;
            batch.OrderIndex[row] = firstOrderIndex + row;
            batch.PromptLengths[row] = prompt;
        }

        return batch;
    }
}
