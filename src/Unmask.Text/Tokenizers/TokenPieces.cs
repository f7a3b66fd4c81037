namespace Unmask.Text.Tokenizers;

/// <summary>Which token brought which piece of a decoded text.</summary>
public static class TokenPieces
{
    /// <summary>
    /// One piece for each token; joined they are the decoded text, special tokens included. A character whose bytes lie in several tokens belongs to the
    /// last of them; a piece may be empty. What a decoder makes of no tokens at all is left out.
    /// </summary>
    public static string[] Of(Tokenizer tokenizer, ReadOnlySpan<int> ids)
    {
        if (ids.IsEmpty) return [];
        var pieces = new System.Text.StringBuilder?[ids.Length];
        foreach (var part in tokenizer.Parts(ids, skipSpecialTokens: false))
        {
            for (int at = 0; at < part.Text.Length; at++) (pieces[part.TokenAt(at)] ??= new()).Append(part.Text[at]);
        }
        return [.. pieces.Select(piece => piece?.ToString() ?? "")];
    }
}
