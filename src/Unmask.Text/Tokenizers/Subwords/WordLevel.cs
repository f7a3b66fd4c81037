using Unmask.Text.Json;

namespace Unmask.Text.Tokenizers.Subwords;

/// <summary>A whole word is a token or is unknown.</summary>
internal sealed class WordLevel(Vocabulary vocabulary, string unknown) : SubwordModel
{
    public static WordLevel Parse(JsonField field) => new(Vocabulary.Read(field.Get("vocab")), field.OptionalString("unk_token") ?? "<unk>");

    public override int Count => vocabulary.Count;

    public override int? Unknown => vocabulary.IdOf(unknown);

    public override IEnumerable<(int Id, string Token)> Entries => vocabulary.Entries;

    public override int? IdOf(ReadOnlySpan<char> token) => vocabulary.IdOf(token);

    public override string? TokenOf(int id) => vocabulary.TokenOf(id);

    public override WordTokens TokenizeWithout(ReadOnlySpan<char> word, Func<int, bool> barred)
    {
        if (vocabulary.IdOf(word) is { } id && !barred(id)) return WordTokens.One(id, word.Length);
        return Unknown is { } other ? WordTokens.One(other, word.Length) : WordTokens.None;
    }

    public override WordTokens Tokenize(ReadOnlySpan<char> word)
    {
        var id = vocabulary.IdOf(word) ?? Unknown
            ?? throw new UserError($"The tokenizer has no token for \"{word}\" and its unk_token {unknown} is not in its vocabulary. Add that token to the vocabulary.");
        return WordTokens.One(id, word.Length);
    }
}
