using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Unmask.Engine.Text.Alignment;
using Unmask.Engine.Text.Decoders;
using Unmask.Engine.Text.Normalizers;
using Unmask.Engine.Text.PostProcessors;
using Unmask.Engine.Text.PreTokenizers;
using Unmask.Engine.Text.Subwords;
using Unmask.Engine.Text.Unicode;
using Unmask.Engine.Text.Vocabularies;

namespace Unmask.Engine.Text;

/// <summary>
/// Turns text into token ids and back, as Hugging Face's <c>tokenizers</c> library does with the same files:
/// added tokens are cut out, the rest is normalised, cut into words, and each word into tokens of the vocabulary; then special
/// tokens are put round. Safe for use by several threads.
/// </summary>
public sealed class Tokenizer
{
    private readonly TokenizerFiles _files;
    private readonly Normalizer? _normalizer;
    private readonly PreTokenizer? _preTokenizer;
    private readonly SubwordModel _model;
    private readonly PostProcessor? _postProcessor;
    private readonly Decoder? _decoder;
    private readonly AddedVocabulary _added;

    internal Tokenizer(TokenizerFiles files)
    {
        _files = files;
        using var document = files.ParseTokenizer(out var root);
        _model = SubwordModel.Read(root.Get("model"));
        _normalizer = root.TryGet("normalizer", out var normalizer) ? Normalizer.Read(normalizer) : null;
        _preTokenizer = root.TryGet("pre_tokenizer", out var preTokenizer) ? PreTokenizer.Read(preTokenizer) : null;
        _postProcessor = root.TryGet("post_processor", out var postProcessor) ? PostProcessor.Read(postProcessor) : null;
        _decoder = root.TryGet("decoder", out var decoder) ? Decoder.Read(decoder) : null;
        var tokens = root.TryGet("added_tokens", out var added) ? added.Elements().Select(AddedToken.Read).ToList() : [];
        foreach (var token in files.AddedTokensOfConfig())
            if (!tokens.Exists(t => t.Content == token.Content)) tokens.Add(token);
        _added = new AddedVocabulary(tokens, _model, _normalizer);
        VocabularySize = Math.Max(_added.LargestId, _model.Entries.Select(e => e.Id).DefaultIfEmpty(-1).Max()) + 1;
        Special = SpecialTokens.Read(files, IdOf, _added);
    }

    /// <summary>Number of ids: the largest id, added tokens included, plus one. An embedding needs this many rows.</summary>
    public int VocabularySize { get; }

    /// <summary>The tokens that have a part to play, after the fallbacks.</summary>
    public SpecialTokens Special { get; }

    /// <summary>The added tokens by id.</summary>
    public IReadOnlyDictionary<int, AddedToken> AddedTokens => _added.Tokens;

    /// <summary>The Jinja chat template that came with the tokenizer (chat_template.jinja, else tokenizer_config.json), or null.</summary>
    public string? ChatTemplate => _files.ChatTemplate;

    /// <summary>The same tokenizer with another chat template, Jinja source; <see cref="Save"/> writes it as chat_template.jinja.</summary>
    public Tokenizer WithChatTemplate(string source) => new(_files with { Jinja = source });

    /// <summary>
    /// Reads a folder with tokenizer.json (or tokenizer.json.gz), else vocab.json and merges.txt, else vocab.txt; and
    /// tokenizer_config.json, special_tokens_map.json and chat_template.jinja where they are.
    /// </summary>
    /// <exception cref="Core.UserError">The folder has none of them, or one of them is faulty; the sentence names file and place.</exception>
    public static Tokenizer Load(string folder) => new(TokenizerFolder.Read(folder));

    /// <summary>Reads a tokenizer from the contents of its files.</summary>
    /// <param name="tokenizerJson">UTF-8 text of tokenizer.json.</param>
    /// <param name="config">Contents of tokenizer_config.json.</param>
    public static Tokenizer Parse(ReadOnlyMemory<byte> tokenizerJson, JsonObject? config = null) =>
        new(new TokenizerFiles("tokenizer.json", tokenizerJson, config ?? [], [], null));

    /// <summary>The id of a token, exactly as the vocabulary spells it, or null.</summary>
    public int? IdOf(string token) => _added.IdOf(token) ?? _model.IdOf(token);

    /// <summary>The token of an id as the vocabulary spells it, or null.</summary>
    public string? TokenOf(int id) => _added.Tokens.TryGetValue(id, out var added) ? added.Content : _model.TokenOf(id);

    /// <summary>Turns text into tokens.</summary>
    /// <param name="text">Any text; half a surrogate pair counts as U+FFFD.</param>
    /// <param name="addSpecialTokens">Put the special tokens round it that the tokenizer's template asks for, such as [CLS] … [SEP].</param>
    /// <param name="parseSpecialTokens">Read special tokens that are spelt out in the text as such. Leave it off for text a user typed:
    /// then no part of the text becomes a special token, whatever it says.</param>
    public Encoding Encode(string text, bool addSpecialTokens = true, bool parseSpecialTokens = false)
    {
        text = CodePoints.WithoutLoneSurrogates(text);
        var pieces = _added.Extract(Piece.Whole(AlignedText.Original(text)), _normalizer, parseSpecialTokens);
        if (_preTokenizer is not null) pieces = _preTokenizer.Apply(pieces);

        var places = CodePointPlaces.Of(text);
        var tokens = new EncodedTokens(text.Length / 3 + 4);
        foreach (var piece in pieces)
        {
            if (piece.IsToken) Add(tokens, piece, piece.TokenId, piece.Span.ToString(), 0, piece.Length, places);
            else if (piece.Length > 0) Tokenize(piece, tokens, places, parseSpecialTokens);
        }
        if (_postProcessor is not null) tokens = _postProcessor.Process(tokens, addSpecialTokens);
        return new Encoding([.. tokens.Ids], [.. tokens.Offsets], [.. tokens.Texts]);
    }

    /// <summary>Turns ids back into text, as the tokenizer's decoder says. Ids that no token has are left out.</summary>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens)
    {
        var tokens = new List<string>(ids.Length);
        foreach (var id in ids)
        {
            var token = _added.DecodedText(id) ?? _model.TokenOf(id);
            if (token is not null && !(skipSpecialTokens && _added.IsSpecial(token))) tokens.Add(token);
        }
        return _decoder is null ? string.Join(' ', tokens) : string.Concat(_decoder.Decode(tokens));
    }

    /// <summary>
    /// Writes tokenizer.json and tokenizer_config.json (and chat_template.jinja where there was one) so that this program and Hugging
    /// Face's libraries read the same tokenizer back. What they hold and this program does not know is kept.
    /// </summary>
    public void Save(string folder) => _files.Write(folder, Special, TokenOf);

    private void Tokenize(Piece piece, EncodedTokens into, CodePointPlaces places, bool parseSpecialTokens)
    {
        var word = _model.Tokenize(piece.Span);
        // A word may spell a special token (a vocabulary of whole words has these among its words). It is text here, so it is cut without them.
        if (!parseSpecialTokens && Array.Exists(word.Ids, IsBarred)) word = _model.TokenizeWithout(piece.Span, IsBarred);
        for (int i = 0; i < word.Ids.Length; i++)
            Add(into, piece, word.Ids[i], TextOf(word.Ids[i], piece, word.Starts[i], word.Ends[i]), word.Starts[i], word.Ends[i], places);
    }

    private string TextOf(int id, Piece piece, int start, int end) =>
        id == _model.Unknown && _model.UnknownKeepsText ? piece.Span[start..end].ToString() : _model.TokenOf(id) ?? "";

    private bool IsBarred(int id) => _added.IsSpecial(id) && id != _model.Unknown;

    private static void Add(EncodedTokens into, Piece piece, int id, string text, int start, int end, CodePointPlaces places)
    {
        if (end <= start)
        {
            int at = places.Of(piece.OriginalStart);
            into.Add(id, text, at, at);
            return;
        }
        int first = piece.Text.OriginalStart(piece.Start + start), last = piece.Text.OriginalEnd(piece.Start + end - 1);
        into.Add(id, text, places.Of(first), last > first ? places.Of(last - 1) + 1 : places.Of(first));
    }
}

/// <summary>UTF-16 places turned into code point places.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct CodePointPlaces
{
    private readonly int[]? _places;

    private CodePointPlaces(int[]? places) => _places = places;

    public static CodePointPlaces Of(string text)
    {
        // Without surrogates the two are the same.
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF')) return new(null);
        var places = new int[text.Length + 1];
        int place = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (i > 0 && char.IsLowSurrogate(text[i])) place--;
            places[i] = place++;
        }
        places[text.Length] = place;
        return new(places);
    }

    public int Of(int unit) => _places is null ? unit : _places[unit];
}
