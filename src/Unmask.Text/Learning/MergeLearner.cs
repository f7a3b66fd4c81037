using Unmask.Text.Tokenizers.Subwords;

namespace Unmask.Text.Learning;

/// <summary>
/// Learns the merges of byte-pair encoding: again and again the pair of neighbors seen most often becomes a token. Of pairs
/// seen equally often the one with the smaller ids goes first, as in Hugging Face's trainer. Counts are kept up to date with each
/// merge instead of being made anew.
/// </summary>
internal sealed class MergeLearner
{
    private readonly List<int[]> _words = [];
    private readonly List<long> _wordCounts = [];
    private readonly Dictionary<string, int> _vocabulary;
    private readonly List<string> _tokens;
    private readonly Dictionary<long, long> _pairCounts = [];
    private readonly Dictionary<long, HashSet<int>> _wordsWith = [];
    private readonly PriorityQueue<long, (long Count, long Pair)> _queue = new();

    /// <param name="words">Words in characters of the vocabulary, with how often each was seen.</param>
    /// <param name="vocabulary">Gets the new tokens.</param>
    public MergeLearner(Dictionary<string, long> words, Dictionary<string, int> vocabulary)
    {
        _vocabulary = vocabulary;
        _tokens = [.. vocabulary.OrderBy(x => x.Value).Select(x => x.Key)];
        foreach (var (word, count) in words.OrderBy(x => x.Key, StringComparer.Ordinal))
        {
            _words.Add([.. word.Select(c => vocabulary[c.ToString()])]);
            _wordCounts.Add(count);
        }
    }

    /// <summary>The merges in order, each as "left right".</summary>
    public IReadOnlyList<string> Learn(int vocabularySize, int minimumCount)
    {
        for (int w = 0; w < _words.Count; w++)
            for (int i = 0; i + 1 < _words[w].Length; i++) Count(BytePairEncoding.Key(_words[w][i], _words[w][i + 1]), _wordCounts[w], w);
        foreach (var pair in _wordsWith.Keys) Enqueue(pair);

        var merges = new List<string>();
        while (_tokens.Count < vocabularySize && _queue.TryDequeue(out var pair, out var priority))
        {
            // The count may have changed since the pair was queued.
            if (-priority.Count != _pairCounts[pair])
            {
                Enqueue(pair);
                continue;
            }
            if (_pairCounts[pair] < Math.Max(1, minimumCount)) break;
            merges.Add(Merge(pair));
        }
        return merges;
    }

    private string Merge(long pair)
    {
        int left = (int)(pair >> 32), right = (int)pair;
        var text = _tokens[left] + _tokens[right];
        if (!_vocabulary.TryGetValue(text, out int id))
        {
            id = _tokens.Count;
            _vocabulary[text] = id;
            _tokens.Add(text);
        }
        var touched = new HashSet<long>();
        foreach (var w in _wordsWith[pair]) _words[w] = Replace(_words[w], left, right, id, w, touched);
        _wordsWith.Remove(pair);
        foreach (var changed in touched) Enqueue(changed);
        return $"{_tokens[left]} {_tokens[right]}";
    }

    private int[] Replace(int[] word, int left, int right, int id, int w, HashSet<long> touched)
    {
        var result = new List<int>(word.Length);
        long count = _wordCounts[w];
        for (int i = 0; i < word.Length; i++)
        {
            if (i + 1 >= word.Length || word[i] != left || word[i + 1] != right)
            {
                result.Add(word[i]);
                continue;
            }
            if (result.Count > 0)
            {
                Count(BytePairEncoding.Key(result[^1], left), -count, -1);
                Add(BytePairEncoding.Key(result[^1], id));
            }
            if (i + 2 < word.Length)
            {
                Count(BytePairEncoding.Key(right, word[i + 2]), -count, -1);
                Add(BytePairEncoding.Key(id, word[i + 2]));
            }
            result.Add(id);
            i++;
        }
        return [.. result];

        void Add(long created)
        {
            Count(created, count, w);
            touched.Add(created);
        }
    }

    // A word index below 0 takes counts away and leaves the word listed: it is looked through in vain at worst.
    private void Count(long pair, long count, int word)
    {
        System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_pairCounts, pair, out _) += count;
        if (word < 0) return;
        if (!_wordsWith.TryGetValue(pair, out var words)) _wordsWith[pair] = words = [];
        words.Add(word);
    }

    private void Enqueue(long pair)
    {
        long count = _pairCounts[pair];
        if (count > 0 && _wordsWith.ContainsKey(pair)) _queue.Enqueue(pair, (-count, pair));
    }
}
