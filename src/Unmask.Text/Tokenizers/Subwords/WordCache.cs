using System.Collections.Concurrent;

namespace Unmask.Text.Tokenizers.Subwords;

/// <summary>
/// Remembers how words were cut: most words of a text have been seen before. Bounded by being emptied when full; shared by
/// threads.
/// </summary>
internal sealed class WordCache
{
    private const int MostWords = 100_000;
    private const int LongestWord = 128;

    private readonly ConcurrentDictionary<string, WordTokens> _words = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, WordTokens>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private int _count;

    public WordCache() => _lookup = _words.GetAlternateLookup<ReadOnlySpan<char>>();

    public bool TryGet(ReadOnlySpan<char> word, out WordTokens tokens)
    {
        if (word.Length <= LongestWord && _lookup.TryGetValue(word, out var found))
        {
            tokens = found;
            return true;
        }
        tokens = WordTokens.None;
        return false;
    }

    public void Add(ReadOnlySpan<char> word, WordTokens tokens)
    {
        if (word.Length > LongestWord) return;
        if (Interlocked.Increment(ref _count) > MostWords)
        {
            _words.Clear();
            Interlocked.Exchange(ref _count, 1);
        }
        _words[word.ToString()] = tokens;
    }
}
