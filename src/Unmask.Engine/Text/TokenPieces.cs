namespace Unmask.Engine.Text;

/// <summary>Which token brought which piece of a decoded text.</summary>
public static class TokenPieces
{
    /// <summary>Tokens before a token on which its text can depend: more than the bytes of a character or the words of a contraction.</summary>
    private const int Reach = 16;

    /// <summary>
    /// One piece for each token; joined they are the decoded text, special tokens included. The text of a prefix grows with each token; where a decoder takes
    /// something back (a blank before a full stop, half a character), what follows belongs to the token that did, and a piece may be empty.
    /// </summary>
    public static string[] Of(Tokenizer tokenizer, ReadOnlySpan<int> ids)
    {
        var text = new System.Text.StringBuilder();
        var owner = new List<int>();
        for (var token = 0; token < ids.Length; token++)
        {
            var from = Math.Max(0, token - Reach);
            var before = tokenizer.Decode(ids[from..token], skipSpecialTokens: false);
            var longer = tokenizer.Decode(ids[from..(token + 1)], skipSpecialTokens: false);
            var kept = before.AsSpan().CommonPrefixLength(longer);
            var start = text.Length - (before.Length - kept);
            text.Length = start;
            owner.RemoveRange(start, owner.Count - start);
            text.Append(longer, kept, longer.Length - kept);
            owner.AddRange(Enumerable.Repeat(token, longer.Length - kept));
        }

        var pieces = new System.Text.StringBuilder[ids.Length];
        for (var at = 0; at < owner.Count; at++) (pieces[owner[at]] ??= new()).Append(text[at]);
        return [.. pieces.Select(piece => piece?.ToString() ?? "")];
    }
}
