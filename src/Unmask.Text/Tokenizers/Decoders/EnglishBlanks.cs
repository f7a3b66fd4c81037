namespace Unmask.Text.Tokenizers.Decoders;

/// <summary>The blanks that English does not put before punctuation and contractions.</summary>
internal static class EnglishBlanks
{
    // In the order in which they are taken out.
    private static readonly (string Old, string New)[] _all =
        [(" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re")];

    private static readonly (string Old, string New)[] _inTokens = [.. _all[..7], (" do not", " don't"), .. _all[7..]];

    /// <summary>As transformers takes them out of a whole text.</summary>
    public static DecodedText Without(DecodedText text) => Replace(text, _all);

    /// <summary>As decoders of the tokenizers library take them out, token by token.</summary>
    public static DecodedText WithoutInTokens(DecodedText token) => Replace(token, _inTokens);

    private static DecodedText Replace(DecodedText text, (string Old, string New)[] blanks)
    {
        if (!text.Text.Contains(' ')) return text;
        foreach (var (old, replacement) in blanks) text = text.Replace(old, replacement);
        return text;
    }
}

/// <summary>The setting clean_up_tokenization_spaces of transformers: the text as a whole without these blanks.</summary>
internal sealed class EnglishBlanksDecoder : Decoder
{
    public override List<DecodedText> Decode(List<DecodedText> tokens) => [EnglishBlanks.Without(new FuseDecoder().Decode(tokens)[0])];
}
