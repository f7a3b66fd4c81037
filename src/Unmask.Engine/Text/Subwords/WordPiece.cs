using Unmask.Core;
using Unmask.Engine.Text.Json;
using Unmask.Engine.Text.Unicode;

namespace Unmask.Engine.Text.Subwords;

/// <summary>BERT's model: the longest token that begins the word, then the longest that goes on from there, marked by a prefix.</summary>
internal sealed class WordPiece(Vocabulary vocabulary, string unknown, string prefix, int longestWord) : SubwordModel
{
    private readonly WordCache _cache = new();

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

        var ids = new List<int>();
        var starts = new List<int>();
        var ends = new List<int>();
        var buffer = new char[prefix.Length + Math.Min(word.Length, vocabulary.LongestToken)];
        prefix.CopyTo(buffer);
        for (int start = 0; start < word.Length;)
        {
            int used = start == 0 ? 0 : prefix.Length;
            int end = Math.Min(word.Length, start + Math.Max(0, vocabulary.LongestToken - used));
            if (end < word.Length && end > start && char.IsLowSurrogate(word[end])) end--;
            int id = -1;
            word[start..end].CopyTo(buffer.AsSpan(used));
            for (; end > start; end -= Back(word, end))
            {
                if (vocabulary.TryGet(buffer.AsSpan(0, used + end - start), out id) && barred?.Invoke(id) != true) break;
                id = -1;
            }
            if (id < 0) return null;
            ids.Add(id);
            starts.Add(start);
            ends.Add(end);
            start = end;
            prefix.CopyTo(buffer);
        }
        return new WordTokens([.. ids], [.. starts], [.. ends]);
    }

    private static int Back(ReadOnlySpan<char> word, int end)
    {
        CodePoints.Before(word, end, out int units);
        return units;
    }
}
