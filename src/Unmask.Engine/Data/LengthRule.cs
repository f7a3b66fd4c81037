using Unmask.Core.Parameters;

namespace Unmask.Engine.Data;

/// <summary>What became of a row under a <see cref="LengthRule"/>.</summary>
public enum LengthOutcome
{
    Kept,

    /// <summary>Kept, but its end was cut off.</summary>
    Truncated,

    /// <summary>Left out: longer than the limit under <see cref="Truncation.Filter"/>.</summary>
    TooLong,

    /// <summary>Left out: its prompt alone fills the limit, so that no token could be trained on.</summary>
    PromptFillsLimit,

    /// <summary>Left out: it has no token after its prompt (or none at all).</summary>
    NothingToTrain,
}

/// <summary>
/// The limit on a row's tokens. Unlike the original, which keeps a row whose prompt is exactly as long as the limit, a row
/// without a single trainable token is always left out.
/// </summary>
/// <param name="MaximumLength">Most tokens a row may have, at least 1.</param>
/// <param name="Truncation">What is done with longer rows.</param>
public sealed record LengthRule(int MaximumLength, Truncation Truncation)
{
    /// <summary>Tells what happens to a row.</summary>
    /// <param name="length">Tokens of the row.</param>
    /// <param name="promptLength">Leading tokens that are not trained on.</param>
    /// <param name="kept">Leading tokens to keep; 0 when the row is left out.</param>
    public LengthOutcome Judge(int length, int promptLength, out int kept)
    {
        kept = 0;
        if (promptLength >= length) return LengthOutcome.NothingToTrain;
        if (length > MaximumLength && Truncation == Truncation.Filter) return LengthOutcome.TooLong;
        if (promptLength >= MaximumLength) return LengthOutcome.PromptFillsLimit;
        kept = Math.Min(length, MaximumLength);
        return kept < length ? LengthOutcome.Truncated : LengthOutcome.Kept;
    }
}
