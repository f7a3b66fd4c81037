using Unmask.Text.Tokenizers.Alignment;
using Unmask.Text.Tokenizers.Normalizers;
using Unmask.Text.Tokenizers.Subwords;

namespace Unmask.Text.Tokenizers.Vocabularies;

/// <summary>
/// The tokens added to a model's vocabulary, and where they are in a text. A token can be added again with other flags, which are then the
/// ones that count; but once special it stays so, and once normalized its text is decoded so (as in the library this follows).
/// </summary>
internal sealed class AddedVocabulary
{
    /// <summary>The most letters that all added tokens may have together, as they are written and as they are normalized.</summary>
    private const int MostLetters = 4_000_000;

    private readonly SubwordModel _model;
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly Dictionary<int, AddedToken> _tokens = [];
    private readonly HashSet<string> _specialTexts = new(StringComparer.Ordinal);
    private readonly Dictionary<int, string> _decodedTexts = [];
    private readonly AddedTokenMatcher _raw;
    private readonly AddedTokenMatcher _normalized;
    private readonly HashSet<int> _special;
    private readonly HashSet<int> _onceNormalized = [];

    /// <param name="batches">The tokens in the turns in which they are added.</param>
    /// <param name="file">Where they are written, for messages.</param>
    /// <exception cref="UserError">They are out of all measure.</exception>
    public AddedVocabulary(IEnumerable<IReadOnlyList<AddedToken>> batches, SubwordModel model, Normalizer? normalizer, string file)
    {
        _model = model;
        foreach (var batch in batches) Add(batch);
        _special = [.. _tokens.Where(x => _specialTexts.Contains(x.Value.Content)).Select(x => x.Key)];

        long letters = _tokens.Values.Sum(t => (long)t.Content.Length);
        if (letters > MostLetters) throw TooLong(letters);
        foreach (var (id, token) in _tokens)
        {
            _decodedTexts[id] = _onceNormalized.Contains(id) ? Normalize(token.Content, normalizer) : token.Content;
            if (_onceNormalized.Contains(id) && (letters += _decodedTexts[id].Length) > 2 * MostLetters) throw TooLong(letters);
        }

        // Special tokens come first: of two that spell the same once normalized, the first counts.
        var ordered = _tokens.OrderBy(x => !_special.Contains(x.Key)).Select(x => (Token: x.Value, Id: x.Key, Special: _special.Contains(x.Key))).ToList();
        _raw = new(ordered.Where(x => !x.Token.Normalized).Select(x => (x.Token.Content, x.Token, x.Id, x.Special)));
        _normalized = new(ordered.Where(x => x.Token.Normalized).Select(x => (_decodedTexts[x.Id], x.Token, x.Id, x.Special)));

        UserError TooLong(long count) => new(
            $"{file}: the added tokens have {count:N0} letters in all; at most {MostLetters:N0} are read. Check that it is the right file.");
    }

    public int LargestId { get; private set; } = -1;

    public IReadOnlyDictionary<int, AddedToken> Tokens => _tokens;

    public int? IdOf(string token) => _ids.TryGetValue(token, out int id) ? id : null;

    public bool IsSpecial(int id) => _special.Contains(id);

    /// <summary>Whether the text is that of a special token.</summary>
    public bool IsSpecial(string token) => _specialTexts.Contains(token);

    /// <summary>
    /// What an added token reads in decoded text: its normalized form where it is looked for in normalized text. (So does the library
    /// this follows; such a token is then also not left out as special, unless its form did not change.)
    /// </summary>
    public string? DecodedText(int id) => _decodedTexts.GetValueOrDefault(id);

    /// <summary>
    /// Adds to <paramref name="into"/> the text normalized and with added tokens cut out: first those that are looked for in the text as it
    /// is, then, in the normalized rest, the others.
    /// </summary>
    public void Extract(Piece text, Normalizer? normalizer, bool parseSpecialTokens, List<Piece> into)
    {
        var raw = new List<Piece>();
        _raw.Cut(text, parseSpecialTokens, raw);
        foreach (var piece in raw)
        {
            if (piece.IsToken) into.Add(piece);
            else _normalized.Cut(normalizer?.Normalize(piece) ?? piece, parseSpecialTokens, into);
        }
    }

    private void Add(IReadOnlyList<AddedToken> batch)
    {
        foreach (var token in batch)
            if (token.Special && token.Content.Length > 0) _specialTexts.Add(token.Content);
        foreach (var token in batch)
        {
            if (token.Content.Length == 0) continue;
            int? known = _ids.TryGetValue(token.Content, out int before) ? before : _model.IdOf(token.Content);
            // The id of a new token is the library's: after the largest added one, or after the vocabulary.
            int id = known ?? (LargestId >= 0 && (LargestId >= _model.Count || _model.Count == 0) ? LargestId + 1 : _model.Count);
            if (_tokens.TryGetValue(id, out var same) && same == token) continue;
            _ids[token.Content] = id;
            _tokens[id] = token;
            LargestId = Math.Max(LargestId, id);
            if (token.Normalized) _onceNormalized.Add(id);
        }
    }

    private static string Normalize(string text, Normalizer? normalizer) =>
        normalizer is null ? text : normalizer.Normalize(Piece.Whole(AlignedText.Original(text))).Span.ToString();
}
