using Spectre.Console;
using Unmask.Text.Tokenizers;

namespace Unmask.Cli.Generation;

/// <summary>The picture of a half-finished text: masks as a shaded glyph, each token in the color of the step that wrote it.</summary>
/// <param name="tokenizer">Decodes.</param>
/// <param name="mask">The mask id.</param>
/// <param name="endTokens">From the first of these on nothing is shown.</param>
internal sealed class TokenColors(Tokenizer tokenizer, int mask, int[] endTokens)
{
    private const char Glyph = '▒';
    private static readonly Style Given = Style.Plain;
    private static readonly Style Masked = new(Color.Grey42);
    private readonly string _maskText = tokenizer.Decode([mask], skipSpecialTokens: false).Trim();

    /// <param name="ids">Tokens to show.</param>
    /// <param name="writtenAt">For each token the step that wrote it; 0 when it was given.</param>
    /// <param name="total">Steps in all.</param>
    public Paragraph Paint(ReadOnlySpan<int> ids, ReadOnlySpan<int> writtenAt, int total)
    {
        var end = ids.IndexOfAny(endTokens);
        if (end >= 0) ids = ids[..end];
        var pieces = TokenPieces.Of(tokenizer, ids);
        var picture = new Paragraph();
        for (var token = 0; token < ids.Length; token++)
        {
            if (ids[token] == mask) picture.Append(pieces[token].Replace(_maskText, Glyph.ToString(), StringComparison.Ordinal), Masked);
            else picture.Append(pieces[token], writtenAt[token] == 0 ? Given : StyleOf(writtenAt[token], total));
        }

        return picture;
    }

    /// <summary>From blue (early, what the model was surest of) to yellow (late).</summary>
    private static Style StyleOf(int step, int total)
    {
        var share = total <= 1 ? 1.0 : (double)(step - 1) / (total - 1);
        return new Style(new Color((byte)(70 + 185 * share), (byte)(150 + 60 * share), (byte)(255 - 190 * share)));
    }
}
