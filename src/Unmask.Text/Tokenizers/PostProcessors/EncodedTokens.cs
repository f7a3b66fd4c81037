namespace Unmask.Text.Tokenizers.PostProcessors;

/// <summary>The tokens of a text while post-processors add to them. Offsets count code points of the original text.</summary>
internal sealed class EncodedTokens(int capacity)
{
    public List<int> Ids { get; private set; } = new(capacity);

    public List<(int Start, int End)> Offsets { get; private set; } = new(capacity);

    /// <summary>What each token reads: its vocabulary entry, or the text an added token was found in.</summary>
    public List<string> Texts { get; private set; } = new(capacity);

    public void Add(int id, string text, int start, int end)
    {
        Ids.Add(id);
        Texts.Add(text);
        Offsets.Add((start, end));
    }

    public void AddRange(EncodedTokens other)
    {
        Ids.AddRange(other.Ids);
        Texts.AddRange(other.Texts);
        Offsets.AddRange(other.Offsets);
    }
}
