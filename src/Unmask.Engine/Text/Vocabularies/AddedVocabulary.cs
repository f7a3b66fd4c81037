using Unmask.Engine.Text.Alignment;
using Unmask.Engine.Text.Normalizers;
using Unmask.Engine.Text.Subwords;

namespace Unmask.Engine.Text.Vocabularies;

/// <summary>The tokens added to a model's vocabulary, and where they are in a text.</summary>
internal sealed class AddedVocabulary
{
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly Dictionary<int, AddedToken> _tokens = [];
    private readonly HashSet<int> _special = [];
    private readonly HashSet<string> _specialTexts = new(StringComparer.Ordinal);
    private readonly Dictionary<int, string> _decodedTexts;
    private readonly AddedTokenMatcher _raw;
    private readonly AddedTokenMatcher _normalized;

    public AddedVocabulary(IEnumerable<AddedToken> tokens, SubwordModel model, Normalizer? normalizer)
    {
        foreach (var token in tokens)
        {
            if (token.Content.Length == 0) continue;
            if (token.Special) _specialTexts.Add(token.Content);
            int id = _ids.TryGetValue(token.Content, out int known) ? known : model.IdOf(token.Content) ?? NextId(model);
            _ids[token.Content] = id;
            _tokens[id] = token;
        }
        foreach (var (id, token) in _tokens)
            if (_specialTexts.Contains(token.Content)) _special.Add(id);
        LargestId = _tokens.Count == 0 ? -1 : _tokens.Keys.Max();

        _decodedTexts = _tokens.ToDictionary(x => x.Key, x => x.Value.Normalized ? Normalize(x.Value.Content, normalizer) : x.Value.Content);

        // Special tokens come first: of two that spell the same once normalised, the first counts.
        var ordered = _tokens.OrderBy(x => !_special.Contains(x.Key)).ToList();
        _raw = new(ordered.Where(x => !x.Value.Normalized).Select(x => (x.Value.Content, x.Value, x.Key)));
        _normalized = new(ordered.Where(x => x.Value.Normalized).Select(x => (_decodedTexts[x.Key], x.Value, x.Key)));
    }

    public int LargestId { get; }

    public IReadOnlyDictionary<int, AddedToken> Tokens => _tokens;

    public int? IdOf(string token) => _ids.TryGetValue(token, out int id) ? id : null;

    public bool IsSpecial(int id) => _special.Contains(id);

    /// <summary>Whether the text is that of a special token.</summary>
    public bool IsSpecial(string token) => _specialTexts.Contains(token);

    /// <summary>
    /// What an added token reads in decoded text: its normalised form where it is looked for in normalised text. (So does the library
    /// this follows; such a token is then also not left out as special, unless its form did not change.)
    /// </summary>
    public string? DecodedText(int id) => _decodedTexts.GetValueOrDefault(id);

    /// <summary>
    /// The text normalised and with added tokens cut out: first those that are looked for in the text as it is, then, in the
    /// normalised rest, the others.
    /// </summary>
    public List<Piece> Extract(Piece text, Normalizer? normalizer, bool parseSpecialTokens)
    {
        var raw = new List<Piece>();
        _raw.Cut(text, parseSpecialTokens, raw);
        var result = new List<Piece>(raw.Count);
        foreach (var piece in raw)
        {
            if (piece.IsToken) result.Add(piece);
            else _normalized.Cut(normalizer?.Normalize(piece) ?? piece, parseSpecialTokens, result);
        }
        return result;
    }

    // The id a new token gets is the library's: after the largest added one, or after the vocabulary.
    private int NextId(SubwordModel model)
    {
        int largest = _tokens.Count == 0 ? -1 : _tokens.Keys.Max();
        return largest >= 0 && (largest >= model.Count || model.Count == 0) ? largest + 1 : model.Count;
    }

    private static string Normalize(string text, Normalizer? normalizer) =>
        normalizer is null ? text : normalizer.Normalize(Piece.Whole(AlignedText.Original(text))).Span.ToString();
}
