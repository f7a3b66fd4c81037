using Unmask.Text.Json;
using Unmask.Text.Tokenizers.Matching;
using Unmask.Text.Unicode;

namespace Unmask.Text.Tokenizers.Subwords;

/// <summary>
/// SentencePiece's unigram model: the cut of greatest total log-probability (Kudo 2018), found by dynamic programming.
/// </summary>
internal sealed class Unigram : SubwordModel
{
    // A character that no token covers costs this much more than the rarest token.
    private const double UnknownPenalty = 10;

    private readonly Vocabulary _vocabulary;
    private readonly string[] _tokens;
    private readonly double[] _scores;
    private readonly int? _unknown;
    private readonly int[]? _byteIds;
    private readonly double _unknownScore;
    private readonly WordCache _cache = new();
    private readonly Lazy<TokenAutomaton> _matcher;

    private Unigram(JsonField field)
    {
        var entries = field.Get("vocab").Elements();
        _tokens = new string[entries.Length];
        _scores = new double[entries.Length];
        var ids = new Dictionary<string, int>(entries.Length, StringComparer.Ordinal);
        double least = double.PositiveInfinity;
        for (int i = 0; i < entries.Length; i++)
        {
            var pair = entries[i].Elements();
            if (pair.Length != 2) throw entries[i].Error($"has {pair.Length} parts; an entry is a token and its score.");
            _tokens[i] = pair[0].AsString();
            _scores[i] = pair[1].AsDouble();
            ids[_tokens[i]] = i;
            least = Math.Min(least, _scores[i]);
        }
        _vocabulary = new Vocabulary(ids);
        _matcher = new(() => new(_vocabulary.Entries.Select(e => (e.Token, e.Id)), fromRight: false));
        _unknownScore = least - UnknownPenalty;
        if (field.TryGet("unk_id", out var unknown))
        {
            _unknown = unknown.AsId();
            if (_unknown >= entries.Length) throw unknown.Error($"is {_unknown}, but the vocabulary has only {entries.Length} entries.");
        }
        if (field.Bool("byte_fallback", false)) _byteIds = BytePairEncoding.ByteIds(_vocabulary);
    }

    public static Unigram Parse(JsonField field) => new(field);

    public override int Count => _tokens.Length;

    public override int? Unknown => _unknown;

    public override bool UnknownKeepsText => true;

    public override IEnumerable<(int Id, string Token)> Entries => _tokens.Select((token, id) => (id, token));

    public override int? IdOf(ReadOnlySpan<char> token) => _vocabulary.IdOf(token);

    public override string? TokenOf(int id) => id >= 0 && id < _tokens.Length ? _tokens[id] : null;

    public override WordTokens Tokenize(ReadOnlySpan<char> word)
    {
        if (_cache.TryGet(word, out var known)) return known;
        var tokens = Cut(word, null);
        _cache.Add(word, tokens);
        return tokens;
    }

    public override WordTokens TokenizeWithout(ReadOnlySpan<char> word, Func<int, bool> barred) => Cut(word, barred);

    private WordTokens Cut(ReadOnlySpan<char> word, Func<int, bool>? barred)
    {
        var ids = new List<int>();
        var starts = new List<int>();
        var ends = new List<int>();
        foreach (var (start, end) in BestPath(word, barred))
        {
            var part = word[start..end];
            if (_vocabulary.TryGet(part, out int id) && barred?.Invoke(id) != true) Add(id, start, end);
            else if (!AddBytes(part, start, end)) Add(_unknown ?? throw NoUnknown(), start, end);
        }
        return new WordTokens([.. ids], [.. starts], [.. ends]);

        void Add(int id, int start, int end)
        {
            ids.Add(id);
            starts.Add(start);
            ends.Add(end);
        }

        bool AddBytes(ReadOnlySpan<char> part, int start, int end)
        {
            if (_byteIds is null) return false;
            var bytes = System.Text.Encoding.UTF8.GetBytes(part.ToArray());
            foreach (var b in bytes)
                if (_byteIds[b] < 0) return false;
            foreach (var b in bytes) Add(_byteIds[b], start, end);
            return true;
        }
    }

    private List<(int Start, int End)> BestPath(ReadOnlySpan<char> word, Func<int, bool>? barred)
    {
        var scores = new double[word.Length + 1];
        var from = new int[word.Length + 1];
        var ids = new int[word.Length + 1];
        int state = TokenAutomaton.Root;
        for (int end = 0; end < word.Length;)
        {
            CodePoints.At(word, end, out int units);
            for (int i = 0; i < units; i++) state = _matcher.Value.Step(state, word[end + i]);
            int character = end;
            end += units;
            from[end] = -1;
            bool single = false;
            // The longest first, so from left to right; of equals the first one stays.
            for (int match = _matcher.Value.Match(state); match != TokenAutomaton.Root; match = _matcher.Value.Shorter(match))
            {
                int id = _matcher.Value.Value(match), start = end - _matcher.Value.Length(match);
                if (barred?.Invoke(id) == true) continue;
                single |= start == character;
                Offer(end, start, id, scores[start] + _scores[id]);
            }
            if (!single) Offer(end, character, _unknown ?? throw NoUnknown(), scores[character] + _unknownScore);
        }
        return Backtrack(word.Length, from, ids);

        void Offer(int end, int start, int id, double score)
        {
            if (from[end] >= 0 && score <= scores[end]) return;
            (scores[end], from[end], ids[end]) = (score, start, id);
        }
    }

    // Neighboring unknown characters become one part.
    private List<(int Start, int End)> Backtrack(int end, int[] from, int[] ids)
    {
        var parts = new List<(int Start, int End)>();
        bool lastUnknown = false;
        while (end > 0)
        {
            int start = from[end];
            bool isUnknown = ids[end] == _unknown;
            if (isUnknown && lastUnknown) parts[^1] = (start, parts[^1].End);
            else parts.Add((start, end));
            lastUnknown = isUnknown;
            end = start;
        }
        parts.Reverse();
        return parts;
    }

    private static UserError NoUnknown() =>
        new("The tokenizer meets a character that is not in its vocabulary and has no unk_id. Give its model an unk_id.");
}
