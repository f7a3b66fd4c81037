namespace Unmask.Core.Data;

/// <summary>What a token of a training row is to the engine.</summary>
public enum TokenRole
{
    /// <summary>Put in front of the row, because the model predicts a token at the position before it: seen, never masked.</summary>
    Begin,

    /// <summary>Given: seen, never masked, never scored.</summary>
    Prompt,

    /// <summary>May be masked, and is scored where it is.</summary>
    Response,

    /// <summary>Padding that belongs to what is learned: seen by all tokens, may be masked, and is scored where it is.</summary>
    Padding,

    /// <summary>Padding that may be masked and is scored, but that no other token sees and that sees none.</summary>
    BlindPadding,

    /// <summary>Neither masked nor scored: padding that is ignored, or the answer of a row that is left out.</summary>
    Unscored,

    /// <summary>Beyond max_length: not part of the training row.</summary>
    Cut,
}

/// <summary>What becomes of a row.</summary>
public enum RowStatus
{
    Kept,

    /// <summary>Trained on without its end.</summary>
    Truncated,

    /// <summary>In the evaluation, not in training. Known only where the row's place among all rows was looked for.</summary>
    HeldOut,

    /// <summary>Left out: longer than max_length.</summary>
    TooLong,

    /// <summary>Left out: its prompt alone fills max_length.</summary>
    PromptFillsLimit,

    /// <summary>Left out: nothing follows its prompt.</summary>
    NothingToTrain,

    /// <summary>Left out: it cannot be read or understood.</summary>
    BadLine,

    /// <summary>Left out: train_rows is reached before it.</summary>
    BeyondLimit,

    /// <summary>Left out: its label says that the answer is not one to learn.</summary>
    Rejected,
}

/// <summary>A token as the engine sees it.</summary>
/// <param name="Id">Token id.</param>
/// <param name="Text">What it adds to the decoded text; the texts of a row, joined, are that text.</param>
/// <param name="Role">What it is to training.</param>
public sealed record LensToken(int Id, string Text, TokenRole Role);

/// <summary>The tokens of a row by role.</summary>
/// <param name="Tokens">Tokens of the row itself, what is cut off included.</param>
/// <param name="Prompt">Given tokens.</param>
/// <param name="Response">Scored tokens of the row.</param>
/// <param name="Cut">Tokens beyond max_length.</param>
/// <param name="Padding">Tokens that fill the row up to the longest one shown.</param>
/// <param name="Scored">Tokens that may be masked, padding included.</param>
public sealed record LensCounts(int Tokens, int Prompt, int Response, int Cut, int Padding, int Scored);

/// <summary>What each masked token's cross-entropy is multiplied with before normalization, in the order of <see cref="LensNoise.Masked"/>.</summary>
/// <param name="Uniform">1 for all.</param>
/// <param name="Scheduler">By the noise schedule.</param>
/// <param name="Cart">By the visible tokens near it (Dream).</param>
public sealed record LensWeights(float[] Uniform, float[] Scheduler, float[] Cart);

/// <summary>A row's noise at one time.</summary>
/// <param name="T">The time.</param>
/// <param name="Masked">Places in <see cref="LensRow.Tokens"/>, ascending.</param>
/// <param name="Weights">Their weights.</param>
public sealed record LensNoise(double T, int[] Masked, LensWeights Weights);

/// <summary>One row of the training data.</summary>
/// <param name="Row">Line on which it begins in its file (in Parquet and Arrow files the number of the row), from 1; in pretraining the number of the row cut from the joined texts.</param>
/// <param name="Status">What becomes of it.</param>
public sealed record LensRow(long Row, RowStatus Status)
{
    /// <summary>The file; null in pretraining, where a row may span files.</summary>
    public string? File { get; init; }

    /// <summary>The rule by which it was understood; null where it could not be read.</summary>
    public string? Rule { get; init; }

    /// <summary>Why it is cut or left out, a sentence; null for a row that is trained on as it is.</summary>
    public string? Reason { get; init; }

    public required LensCounts Counts { get; init; }

    /// <summary>The text that was tokenized; null in pretraining and where there is none.</summary>
    public string? Text { get; init; }

    /// <summary>Columns of the batch from the left, then what is cut off.</summary>
    public required IReadOnlyList<LensToken> Tokens { get; init; }

    /// <summary>Place among the training rows, which names the row's random numbers; null where it was not looked for or is not trained on.</summary>
    public long? Index { get; init; }

    /// <summary>Noise at several times; null where it was not asked for or the row is not trained on.</summary>
    public IReadOnlyList<LensNoise>? Noise { get; init; }

    /// <summary>The tokens with each run of pad tokens as one: places in <see cref="Tokens"/> and counts.</summary>
    public IEnumerable<(int Start, int Count)> Spans()
    {
        for (var (start, end) = (0, 0); start < Tokens.Count; start = end)
        {
            for (end = start + 1; end < Tokens.Count && IsPad(Tokens[start]) && Tokens[end] == Tokens[start]; end++) { }
            yield return (start, end - start);
        }
    }

    private static bool IsPad(LensToken token) => token.Role is TokenRole.Padding or TokenRole.BlindPadding or TokenRole.Unscored;
}

/// <summary>Rows as one batch, and what is common to them.</summary>
public sealed record LensView
{
    public required IReadOnlyList<LensRow> Rows { get; init; }

    /// <summary>Columns of the batch.</summary>
    public required int Width { get; init; }

    /// <summary>The token that stands for a masked one.</summary>
    public required LensMask MaskToken { get; init; }

    /// <summary>The token at a column is predicted at the column before it (at the first by itself).</summary>
    public required bool ShiftsLogits { get; init; }

    /// <summary>Some of the rows are held out for evaluation, and which was not looked for.</summary>
    public required bool HoldsOut { get; init; }

    /// <summary>What training does beside this, sentences.</summary>
    public required IReadOnlyList<string> Notes { get; init; }
}

/// <summary>The mask token.</summary>
public sealed record LensMask(int Id, string Text);
