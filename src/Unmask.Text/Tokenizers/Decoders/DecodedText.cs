namespace Unmask.Text.Tokenizers.Decoders;

/// <summary>A part of a text on its way from tokens, with the token that each character comes from.</summary>
/// <param name="Token">Place of the token among those that are decoded; of text of several the place of one of them, which what is put beside an empty text belongs to.</param>
/// <param name="Tokens">As long as the text, or null where all of it comes from one token.</param>
internal readonly record struct DecodedText(string Text, int Token, int[]? Tokens = null)
{
    public int TokenAt(int index) => Tokens is null ? Token : Tokens[index];

    public DecodedText Slice(int start, int end) =>
        start == 0 && end == Text.Length ? this : new(Text[start..end], Token, Tokens?[start..end]);

    /// <summary>The text with <paramref name="first"/> before it, which comes from the token of its first character.</summary>
    public DecodedText After(string first)
    {
        if (Tokens is null) return this with { Text = first + Text };
        var builder = new DecodedBuilder();
        builder.Append(first, Text.Length > 0 ? Tokens[0] : Token);
        builder.Append(this);
        return builder.ToText();
    }

    /// <summary>Puts <paramref name="replacement"/> in place of each <paramref name="old"/>; it comes from the token in which that ended.</summary>
    public DecodedText Replace(string old, string replacement)
    {
        if (old.Length == 0 || !Text.Contains(old, StringComparison.Ordinal)) return this;
        if (Tokens is null) return this with { Text = Text.Replace(old, replacement, StringComparison.Ordinal) };
        var builder = new DecodedBuilder();
        int done = 0;
        for (int at; (at = Text.IndexOf(old, done, StringComparison.Ordinal)) >= 0; done = at + old.Length)
        {
            builder.Append(Slice(done, at));
            builder.Append(replacement, Tokens[at + old.Length - 1]);
        }
        builder.Append(Slice(done, Text.Length));
        return builder.ToText();
    }
}

/// <summary>Puts a text together from characters of several tokens.</summary>
internal sealed class DecodedBuilder
{
    private readonly System.Text.StringBuilder _text = new();
    private readonly List<int> _tokens = [];
    private int _last;

    public void Append(string text, int token)
    {
        _last = token;
        _text.Append(text);
        for (int i = 0; i < text.Length; i++) _tokens.Add(token);
    }

    public void Append(DecodedText text)
    {
        if (text.Tokens is null) Append(text.Text, text.Token);
        else
        {
            _last = text.Token;
            _text.Append(text.Text);
            _tokens.AddRange(text.Tokens);
        }
    }

    public DecodedText ToText() => new(_text.ToString(), _last, [.. _tokens]);
}
