namespace Unmask.Text.Tokenizers.Subwords;

/// <summary>The symbols of one word as a doubly linked list, joined pair by pair in order of rank, then of place.</summary>
internal sealed class MergeChain(int capacity)
{
    private int[] _ids = new int[capacity];
    private int[] _bytes = new int[capacity];
    private int _count;

    public void Add(int id, int bytes)
    {
        if (_count == _ids.Length)
        {
            Array.Resize(ref _ids, Math.Max(8, _count * 2));
            Array.Resize(ref _bytes, _ids.Length);
        }
        _ids[_count] = id;
        _bytes[_count++] = bytes;
    }

    public void Join(Dictionary<long, (int Rank, int Id)> merges, Func<int, bool>? barred)
    {
        if (_count < 2 || merges.Count == 0) return;
        var next = new int[_count];
        var previous = new int[_count];
        var queue = new PriorityQueue<(int Place, int Id), long>(_count);
        for (int i = 0; i < _count; i++)
        {
            next[i] = i + 1 < _count ? i + 1 : -1;
            previous[i] = i - 1;
            if (i + 1 < _count) Enqueue(i, i + 1);
        }
        while (queue.TryDequeue(out var merge, out _))
        {
            int left = merge.Place;
            // The symbol, or the one after it, may have been joined to something else meanwhile.
            if (_bytes[left] < 0 || next[left] is not (>= 0 and var right)) continue;
            if (!merges.TryGetValue(BytePairEncoding.Key(_ids[left], _ids[right]), out var now) || now.Id != merge.Id) continue;
            _ids[left] = merge.Id;
            _bytes[left] += _bytes[right];
            _bytes[right] = -1;
            next[left] = next[right];
            if (next[left] >= 0) previous[next[left]] = left;
            if (previous[left] >= 0) Enqueue(previous[left], left);
            if (next[left] >= 0) Enqueue(left, next[left]);
        }

        void Enqueue(int left, int right)
        {
            if (merges.TryGetValue(BytePairEncoding.Key(_ids[left], _ids[right]), out var merge) && barred?.Invoke(merge.Id) != true)
                queue.Enqueue((left, merge.Id), (long)merge.Rank << 32 | (uint)left);
        }
    }

    /// <summary>The symbols that are left: ids and lengths in bytes.</summary>
    public void Collect(out int[] ids, out int[] lengths)
    {
        int left = 0;
        for (int i = 0; i < _count; i++)
        {
            if (_bytes[i] < 0) continue;
            _ids[left] = _ids[i];
            _bytes[left++] = _bytes[i];
        }
        ids = _ids[..left];
        lengths = _bytes[..left];
    }
}
