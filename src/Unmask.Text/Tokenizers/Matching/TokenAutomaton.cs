using System.Buffers;

namespace Unmask.Text.Tokenizers.Matching;

/// <summary>
/// Finds many texts in one, all at once and in time that grows with the length of the text alone (Aho and Corasick 1975). Read from the left it
/// knows after each unit which texts end there; read from the right, which begin there.
/// </summary>
internal sealed class TokenAutomaton
{
    /// <summary>The state in which nothing is begun.</summary>
    public const int Root = 0;

    private readonly Dictionary<long, int> _next = [];
    private readonly SearchValues<char> _firstUnits;
    private readonly int[] _fallback;
    private readonly int[] _value;
    private readonly int[] _depth;
    private readonly int[] _match;
    private readonly int[] _shorter;

    /// <param name="tokens">Texts, each with a number from 0; of equal ones the first counts. Empty ones are left out.</param>
    /// <param name="fromRight">Whether texts are read from the right.</param>
    public TokenAutomaton(IEnumerable<(string Text, int Value)> tokens, bool fromRight)
    {
        var parents = new List<int> { Root };
        var units = new List<char> { '\0' };
        var values = new List<int> { -1 };
        var depths = new List<int> { 0 };
        var first = new HashSet<char>();
        foreach (var (text, value) in tokens)
        {
            if (text.Length == 0) continue;
            int node = Root;
            for (int i = 0; i < text.Length; i++)
            {
                var unit = fromRight ? text[^(i + 1)] : text[i];
                if (i == 0) first.Add(unit);
                if (!_next.TryGetValue(Key(node, unit), out int next))
                {
                    next = parents.Count;
                    _next[Key(node, unit)] = next;
                    parents.Add(node);
                    units.Add(unit);
                    values.Add(-1);
                    depths.Add(i + 1);
                }
                node = next;
            }
            if (values[node] < 0) values[node] = value;
        }
        _value = [.. values];
        _depth = [.. depths];
        _firstUnits = SearchValues.Create([.. first]);
        _fallback = new int[_value.Length];
        _match = new int[_value.Length];
        _shorter = new int[_value.Length];
        Link(parents, units);
    }

    /// <summary>The state after one more unit.</summary>
    public int Step(int state, char unit)
    {
        while (true)
        {
            if (_next.TryGetValue(Key(state, unit), out int next)) return next;
            if (state == Root) return Root;
            state = _fallback[state];
        }
    }

    /// <summary>The longest text that is complete in a state, as a state; <see cref="Root"/> where none is.</summary>
    public int Match(int state) => _match[state];

    /// <summary>The next shorter text that is complete along with this one.</summary>
    public int Shorter(int match) => _shorter[match];

    public int Value(int match) => _value[match];

    public int Length(int match) => _depth[match];

    /// <summary>The last place at which a text may end, or -1: nothing behind it need be read. Only for what reads from the right.</summary>
    public int NextEnd(ReadOnlySpan<char> text) => text.LastIndexOfAny(_firstUnits);

    /// <summary>For each place of a text the longest match that begins there; null where nothing is found. Only for what reads from the right.</summary>
    public int[]? LongestAt(ReadOnlySpan<char> text, Func<int, bool>? barred = null)
    {
        int last = NextEnd(text);
        if (last < 0) return null;
        int[]? matches = null;
        int state = Root;
        for (int at = last; at >= 0; at--)
        {
            if (state == Root)
            {
                at = NextEnd(text[..(at + 1)]);
                if (at < 0) break;
            }
            state = Step(state, text[at]);
            int match = _match[state];
            while (match != Root && barred is not null && barred(_value[match])) match = _shorter[match];
            if (match != Root) (matches ??= new int[text.Length])[at] = match;
        }
        return matches;
    }

    private void Link(List<int> parents, List<char> units)
    {
        // Shorter ones first: what a state falls back to is always shorter.
        var order = new int[_depth.Length];
        var counts = new int[_depth.Max() + 2];
        foreach (int depth in _depth) counts[depth + 1]++;
        for (int i = 1; i < counts.Length; i++) counts[i] += counts[i - 1];
        for (int node = 0; node < order.Length; node++) order[counts[_depth[node]]++] = node;
        foreach (int node in order)
        {
            if (node == Root) continue;
            int parent = parents[node];
            _fallback[node] = parent == Root ? Root : Step(_fallback[parent], units[node]);
            _match[node] = _value[node] >= 0 ? node : _match[_fallback[node]];
            _shorter[node] = _match[_fallback[node]];
        }
    }

    private static long Key(int state, char unit) => (long)state << 16 | unit;
}
