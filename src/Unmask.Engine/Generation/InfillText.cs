using System.Text.RegularExpressions;
using Unmask.Text.Tokenizers;

namespace Unmask.Engine.Generation;

/// <summary>A text with gaps, as tokens: [MASK] (or the tokenizer's own mask token) is one token, [MASK:5] is five, each underscore of ___ is one.</summary>
public static partial class InfillText
{
    private const int LongestGap = 100_000;

    /// <summary>Ids with the mask id in the gaps.</summary>
    /// <exception cref="UserError">The text has no gap, or one of no token.</exception>
    public static int[] Parse(string text, Tokenizer tokenizer, int mask)
    {
        // What stands between the gaps is plain text: nothing in it is read as a special token. The whole is cut as one text, as it is where the tokenizer finds its
        // mask token in it: a mask that takes the blank before it along does so, and only the first word of all begins a text.
        var masks = new List<SetToken>();
        foreach (Match gap in GapsOf(text, tokenizer.TokenOf(mask)))
        {
            masks.Add(new SetToken(gap.Index, gap.Index + gap.Length, mask));
            for (var more = LengthOf(gap) - 1; more > 0; more--) masks.Add(new SetToken(gap.Index + gap.Length, gap.Index + gap.Length, mask));
        }

        return masks.Count > 0 ? tokenizer.Encode(text, masks).Ids
            : throw new UserError("The text has nothing to infill. Write [MASK] for 1 token, [MASK:5] for 5, or ___ (3 or more underscores) for 1 token per underscore.");
    }

    private static int LengthOf(Match gap)
    {
        if (gap.Value[0] == '_') return gap.Length;
        if (!gap.Groups["count"].Success) return 1;
        return int.TryParse(gap.Groups["count"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0 and <= LongestGap ? count
            : throw new UserError($"{gap.Value} has {gap.Groups["count"].Value} tokens. It must have 1 to {LongestGap}.");
    }

    private static MatchCollection GapsOf(string text, string? maskToken) => maskToken is null or "[MASK]"
        ? UsualGap().Matches(text)
        : Regex.Matches(text, $@"{Regex.Escape(maskToken)}|\[MASK(?::(?<count>\d+))?\]|_{{3,}}");

    [GeneratedRegex(@"\[MASK(?::(?<count>\d+))?\]|_{3,}")]
    private static partial Regex UsualGap();
}
