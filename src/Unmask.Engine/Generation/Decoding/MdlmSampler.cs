using Unmask.Engine.Modeling;

namespace Unmask.Engine.Generation.Decoding;

/// <summary>
/// Generates by unmasking: a canvas of masks is filled over some steps, each step keeping the predictions that the remasking picks.
/// Blocks go from left to right. Sources: Nie et al., "Large language diffusion models" (2025), algorithms 4 and 5, and Ye et al., "Dream 7B"
/// (2025), both in the form of dllm, whose two samplers are this one with other options.
/// </summary>
public sealed class MdlmSampler(MaskedLanguageModel model, SamplerTokens tokens)
{
    /// <summary>Continues each prompt by the same number of tokens.</summary>
    /// <param name="prompts">Token ids of each prompt. Mask ids in a prompt are filled too, and take their share of the steps' counts.</param>
    /// <param name="options">How.</param>
    /// <param name="observer">Called before the first step and after each.</param>
    /// <param name="cancellation">Looked at before every step.</param>
    /// <returns>Prompt and answer of each row, in the order given.</returns>
    /// <exception cref="UserError">An option or a prompt that cannot be used.</exception>
    /// <exception cref="OperationCanceledException">Cancelled between two steps.</exception>
    public int[][] Sample(
        IReadOnlyList<int[]> prompts, SamplerOptions options, Action<SamplerStep>? observer = null, CancellationToken cancellation = default) =>
        Sample(prompts, [.. prompts.Select((_, i) => (long)i)], options, observer, cancellation);

    /// <summary>
    /// Continues any number of prompts, in batches of similar length that share <paramref name="tokensPerBatch"/> tokens at most.
    /// Random numbers follow the place of a prompt in the list, not its batch.
    /// </summary>
    /// <param name="progress">Called after each batch with the number of prompts done.</param>
    /// <returns>As for <see cref="Sample(IReadOnlyList{int[]}, SamplerOptions, Action{SamplerStep}?, CancellationToken)"/>.</returns>
    public int[][] SampleAll(
        IReadOnlyList<int[]> prompts, SamplerOptions options, int tokensPerBatch = 8192, Action<int>? progress = null, CancellationToken cancellation = default)
    {
        if (prompts.Count == 0) return [];
        // The width that "max_length" leaves depends on the longest prompt of all, so it is fixed before the prompts are parted.
        var fixedOptions = options with { MaxNewTokens = NewTokens(prompts, options) };
        var order = Enumerable.Range(0, prompts.Count).OrderBy(i => prompts[i].Length).ToArray();
        var results = new int[prompts.Count][];
        for (var start = 0; start < order.Length;)
        {
            var end = start + 1;
            while (end < order.Length && (end + 1 - start) * (long)(prompts[order[end]].Length + fixedOptions.MaxNewTokens!.Value) <= tokensPerBatch) end++;
            var part = order[start..end];
            var rows = Sample([.. part.Select(i => prompts[i])], [.. part.Select(i => (long)i)], fixedOptions, null, cancellation);
            for (var i = 0; i < part.Length; i++) results[part[i]] = rows[i];
            start = end;
            progress?.Invoke(start);
        }

        return results;
    }

    /// <summary>Fills the mask ids of each row and leaves everything else. Blocks tile the canvas.</summary>
    /// <param name="inputs">Token ids with mask ids where something is to be written.</param>
    /// <inheritdoc cref="Sample(IReadOnlyList{int[]}, SamplerOptions, Action{SamplerStep}?, CancellationToken)"/>
    public int[][] Infill(
        IReadOnlyList<int[]> inputs, SamplerOptions options, Action<SamplerStep>? observer = null, CancellationToken cancellation = default)
    {
        Check(options, inputs.Count);
        var rows = inputs.Select(input => WithBegin(input, options).ToArray()).ToArray();
        CheckLengths(rows.Select(row => row.Length));
        var width = rows.Max(row => row.Length);
        if (width == 0) return rows;
        var size = options.BlockSize ?? width;
        var blocks = Enumerable.Range(0, CeilingOf(width, size)).Select(block => rows
            .Select(row => (Start: Math.Min(block * size, row.Length), End: Math.Min((block + 1) * size, row.Length)))
            .Select(window => new DenoisingWindow(window.Start, window.Start, window.End)).ToArray());
        new DenoisingLoop(model, tokens, options, rows, [.. rows.Select((_, i) => (long)i)], [.. blocks]).Run(observer, cancellation);
        return rows;
    }

    private int[][] Sample(
        IReadOnlyList<int[]> prompts, long[] rowKeys, SamplerOptions options, Action<SamplerStep>? observer, CancellationToken cancellation)
    {
        Check(options, prompts.Count);
        var starts = prompts.Select(prompt => WithBegin(prompt, options)).ToArray();
        var count = NewTokens(starts, options);
        CheckLengths(starts.Select(start => start.Length + count));
        var rows = starts.Select(start =>
        {
            var row = new int[start.Length + count];
            Array.Fill(row, tokens.Mask);
            start.CopyTo(row, 0);
            return row;
        }).ToArray();
        var size = options.BlockSize ?? count;
        // Candidates are all masks up to the end of the block: masks of the prompt, and a mask that the model itself wrote, are among them.
        var wholeRow = options.Rule.CountsWholeRow;
        var blocks = Enumerable.Range(0, CeilingOf(count, size)).Select(block => starts
            .Select(start => new DenoisingWindow(0, wholeRow && block == 0 ? 0 : start.Length + block * size, start.Length + Math.Min((block + 1) * size, count))).ToArray());
        new DenoisingLoop(model, tokens, options, rows, rowKeys, [.. blocks]).Run(observer, cancellation);
        return rows;
    }

    private int[] WithBegin(int[] prompt, SamplerOptions options)
    {
        if (prompt.Length > 0 || !options.RightShiftLogits) return prompt;
        return tokens.Begin is { } begin
            ? [begin]
            : throw new UserError("The prompt is empty and the tokenizer has no begin-of-text token to start from; give a prompt of at least one token.");
    }

    private static int NewTokens(IReadOnlyList<int[]> prompts, SamplerOptions options)
    {
        var longest = prompts.Max(prompt => prompt.Length);
        var count = options.MaxNewTokens ?? options.MaxLength - longest
            ?? throw new UserError("Neither max_new_tokens nor max_length is given; one of them must say how much to generate.");
        return count >= 1 ? count : throw new UserError($"max_length is {options.MaxLength} but the longest prompt has {longest} tokens; nothing can be generated. Raise max_length or set max_new_tokens.");
    }

    private void Check(SamplerOptions options, int rows)
    {
        UserError.ThrowIfAny(options.Problems(model.VocabularySize));
        if (rows == 0) throw new UserError("No prompt is given; at least one is needed.");
    }

    private void CheckLengths(IEnumerable<int> lengths)
    {
        var longest = lengths.Max();
        if (model.MaximumLength is { } limit && longest > limit)
        {
            throw new UserError($"The prompt with what is to be generated has {longest} tokens; this model takes at most {limit}. Shorten the prompt or lower max_new_tokens.");
        }
    }

    private static int CeilingOf(int a, int b) => (a + b - 1) / b;
}
