using Unmask.Text.Json;
using Unmask.Text.Tokenizers.Matching;

namespace Unmask.Text.Tokenizers.Subwords;

/// <summary>BERT's model: the longest token that begins the word, then the longest that goes on from there, marked by a prefix.</summary>
internal sealed class WordPiece(Vocabulary vocabulary, string unknown, string prefix, int longestWord) : SubwordModel
{
    private readonly WordCache _cache = new();
    private readonly Lazy<TokenAutomaton> _begin = new(() => new(vocabulary.Entries.Select(e => (e.Token, e.Id)), fromRight: false));
    private readonly Lazy<TokenAutomaton> _goOn = new(() => new(
        vocabulary.Entries.Where(e => e.Token.StartsWith(prefix, StringComparison.Ordinal)).Select(e => (e.Token[prefix.Length..], e.Id)), fromRight: true));

    public static WordPiece Parse(JsonField field) => new(
        Vocabulary.Read(field.Get("vocab")), field.OptionalString("unk_token") ?? "[UNK]",
        field.OptionalString("continuing_subword_prefix") ?? "##", field.Int("max_input_chars_per_word", 100));

    public override int Count => vocabulary.Count;

    public override int? Unknown => vocabulary.IdOf(unknown);

    public override IEnumerable<(int Id, string Token)> Entries => vocabulary.Entries;

    public override int? IdOf(ReadOnlySpan<char> token) => vocabulary.IdOf(token);

    public override string? TokenOf(int id) => vocabulary.TokenOf(id);

    public override WordTokens Tokenize(ReadOnlySpan<char> word)
    {
        if (_cache.TryGet(word, out var known)) return known;
        var tokens = Cut(word) ?? WordTokens.One(
            Unknown ?? throw new UserError($"The tokenizer's unk_token {unknown} is not in its vocabulary. Add that token to the vocabulary."), word.Length);
        _cache.Add(word, tokens);
        return tokens;
    }

    public override WordTokens TokenizeWithout(ReadOnlySpan<char> word, Func<int, bool> barred) =>
        Cut(word, barred) ?? (Unknown is { } id ? WordTokens.One(id, word.Length) : WordTokens.None);

    private WordTokens? Cut(ReadOnlySpan<char> word, Func<int, bool>? barred = null)
    {
        int characters = 0;
        foreach (var _ in word.EnumerateRunes()) characters++;
        if (characters > longestWord) return null;

        // What begins at each place of the word: whole tokens at its start, what goes on a word behind it.
        var goOn = _goOn.Value.LongestAt(word, barred);
        var ids = new List<int>();
        var starts = new List<int>();
        var ends = new List<int>();
        for (int start = 0; start < word.Length;)
        {
            int id = -1, length = 0;
            if (start == 0) (id, length) = First(word, barred);
            else if (goOn?[start] is int match and not TokenAutomaton.Root) (id, length) = (_goOn.Value.Value(match), _goOn.Value.Length(match));
            if (id < 0) return null;
            ids.Add(id);
            starts.Add(start);
            ends.Add(start += length);
        }
        return new WordTokens([.. ids], [.. starts], [.. ends]);
    }

    private (int Id, int Length) First(ReadOnlySpan<char> word, Func<int, bool>? barred)
    {
        int state = TokenAutomaton.Root, id = -1, length = 0;
        for (int at = 0; at < word.Length; at++)
        {
            state = _begin.Value.Step(state, word[at]);
            // Once a part of the word is left behind nothing that begins with the word is under way any more.
            if (_begin.Value.Length(state) != at + 1) break;
            int match = _begin.Value.Match(state);
            if (match == state && barred?.Invoke(_begin.Value.Value(match)) != true) (id, length) = (_begin.Value.Value(match), at + 1);
        }
        return (id, length);
    }
}
