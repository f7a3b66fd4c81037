using System.Text.RegularExpressions;
using Unmask.Core;
using Unmask.Engine.Text;

namespace Unmask.Cli.Generation;

/// <summary>A text with gaps, as tokens: [MASK] (or the tokenizer's own mask token) is one token, each underscore of ___ is one.</summary>
internal static partial class InfillText
{
    /// <summary>Ids with the mask id in the gaps.</summary>
    /// <exception cref="UserError">The text has no gap.</exception>
    public static int[] Parse(string text, Tokenizer tokenizer, int mask)
    {
        var ids = new List<int>();
        var start = 0;
        foreach (Match gap in GapsOf(text, tokenizer.TokenOf(mask)))
        {
            // What stands between the gaps is plain text: nothing in it is read as a special token.
            ids.AddRange(tokenizer.Encode(text[start..gap.Index], addSpecialTokens: false, parseSpecialTokens: false).Ids);
            ids.AddRange(Enumerable.Repeat(mask, gap.Value[0] == '_' ? gap.Length : 1));
            start = gap.Index + gap.Length;
        }

        if (start == 0)
        {
            throw new UserError("The text for --infill has no gap. Write [MASK] for one token, or ___ (three underscores or more) for as many tokens as there are underscores.");
        }

        ids.AddRange(tokenizer.Encode(text[start..], addSpecialTokens: false, parseSpecialTokens: false).Ids);
        return [.. ids];
    }

    private static MatchCollection GapsOf(string text, string? maskToken) => maskToken is null or "[MASK]"
        ? UsualGap().Matches(text)
        : Regex.Matches(text, $@"{Regex.Escape(maskToken)}|\[MASK\]|_{{3,}}");

    [GeneratedRegex(@"\[MASK\]|_{3,}")]
    private static partial Regex UsualGap();
}
