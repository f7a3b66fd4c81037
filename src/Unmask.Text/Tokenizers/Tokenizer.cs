using System.Text.Json;
using System.Text.Json.Nodes;
using Unmask.Text.Json;
using Unmask.Text.Tokenizers.Alignment;
using Unmask.Text.Tokenizers.Classes;
using Unmask.Text.Tokenizers.Decoders;
using Unmask.Text.Tokenizers.Files;
using Unmask.Text.Tokenizers.Normalizers;
using Unmask.Text.Tokenizers.PostProcessors;
using Unmask.Text.Tokenizers.PreTokenizers;
using Unmask.Text.Tokenizers.Subwords;
using Unmask.Text.Tokenizers.Vocabularies;
using Unmask.Text.Unicode;

namespace Unmask.Text.Tokenizers;

/// <summary>
/// Turns text into token ids and back, as Hugging Face's <c>tokenizers</c> library does with the same files:
/// added tokens are cut out, the rest is normalized, cut into words, and each word into tokens of the vocabulary; then special
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
    private readonly EnglishBlanksDecoder? _blanks;
    private readonly AddedVocabulary _added;
    private readonly bool _splitsSpecialTokens;
    private readonly string? _savedClass;
    private readonly IReadOnlyList<string> _furtherSpecial;

    internal Tokenizer(TokenizerFiles files)
    {
        _files = files;
        ChatTemplate = ChatTemplateFiles.ForAll(files.Templates);
        var root = files.ParseTokenizer();
        var settings = new ClassSettings(files);
        var className = ClassChoice.Of(files);
        var rules = TokenizerClasses.Find(className, settings, root);
        var model = root.Get("model");
        if (rules is not null)
        {
            TokenizerClasses.Check(rules, model, files.ConfigName);
            model = model.With(rules.Options);
        }
        _model = SubwordModel.Read(model);
        _normalizer = Part("normalizer", rules?.Normalizer) is { } normalizer ? Normalizer.Read(normalizer) : null;
        _preTokenizer = Part("pre_tokenizer", rules?.PreTokenizer) is { } preTokenizer ? PreTokenizer.Read(preTokenizer) : null;
        _decoder = Part("decoder", rules?.Decoder) is { } decoder ? Decoder.Read(decoder) : null;

        var own = root.TryGet("added_tokens", out var added) ? added.Elements() : [];
        var tokens = new AddedTokenRules(files, settings, rules, [.. own.Select(t => ((long)t.Int("id", 0), TokenEntry.Read(t)))]);
        _added = new AddedVocabulary(tokens.Batches, _model, _normalizer, files.Name);
        bool hasPostProcessor = root.TryGet("post_processor", out var postProcessor);
        bool madeByClass = rules?.PostProcessor is not null && !(hasPostProcessor ? rules.PrefersFile : rules.NeedsFile);
        _postProcessor = madeByClass ? rules!.PostProcessor!(new SpecialTokenIds(tokens.TextOf, IdOf)) : hasPostProcessor ? PostProcessor.Read(postProcessor) : null;
        if (!files.IsTokenizerJson && rules is { PostProcessor: null }) _postProcessor = AroundText(settings, new SpecialTokenIds(tokens.TextOf, IdOf)) ?? _postProcessor;
        // transformers spares byte pairs, unless it is told twice: what it takes for blanks before punctuation is the text's own there.
        bool cleans = settings.Bool("clean_up_tokenization_spaces", false)
            && (_model is not BytePairEncoding || settings.Bool("clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output", false));
        if (cleans) _blanks = new EnglishBlanksDecoder();
        _splitsSpecialTokens = settings.Bool("split_special_tokens", false);
        int largest = _model.Entries.Select(e => e.Id).DefaultIfEmpty(-1).Max();
        VocabularySize = Math.Max(_added.LargestId, largest) + 1;
        ListedSize = Math.Max(largest, tokens.Contents.Select(t => _added.IdOf(t) ?? -1).DefaultIfEmpty(-1).Max()) + 1;
        Special = SpecialTokens.Read(files, tokens.TextOf, IdOf, _added);
        _savedClass = ClassChoice.ToSave(files, className, rules is not null);
        _furtherSpecial = tokens.Further;

        JsonField? Part(string name, JsonNode? made) => rules is not null ? made is null ? null : new JsonField(JsonSerializer.SerializeToElement(made), files.ConfigName)
            : root.TryGet(name, out var field) ? field : null;
    }

    /// <summary>Number of ids: the largest id, added tokens included, plus one. An embedding needs this many rows.</summary>
    public int VocabularySize { get; }

    /// <summary>
    /// Number of ids that the tokenizer's files list. More than these has a tokenizer whose files name a special token without listing it: a model
    /// that comes with it need not have a row for that.
    /// </summary>
    public int ListedSize { get; }

    /// <summary>The tokens that have a part to play, after the fallbacks.</summary>
    public SpecialTokens Special { get; }

    /// <summary>The added tokens by id.</summary>
    public IReadOnlyDictionary<int, AddedToken> AddedTokens => _added.Tokens;

    /// <summary>The Jinja chat template that came with the tokenizer (chat_template.jinja, else tokenizer_config.json), or null. Of several the one for any conversation.</summary>
    public string? ChatTemplate { get; }

    /// <summary>The one for conversations with tools, where the tokenizer came with one.</summary>
    internal string? ToolTemplate => _files.Templates.GetValueOrDefault(ChatTemplateFiles.ToolUse);

    /// <summary>The same tokenizer with another chat template, Jinja source; <see cref="Save"/> writes it as chat_template.jinja. Its own one comes with the others that it has.</summary>
    public Tokenizer WithChatTemplate(string source) =>
        source == ChatTemplate ? this : new(_files with { TemplateFiles = new Dictionary<string, string> { [ChatTemplateFiles.Default] = source } });

    /// <summary>
    /// Reads a folder with tokenizer.json (or tokenizer.json.gz), else vocab.json and merges.txt, else vocab.txt; and
    /// tokenizer_config.json, special_tokens_map.json, chat_template.jinja and additional_chat_templates where they are.
    /// </summary>
    /// <exception cref="UserError">The folder has none of them, or one of them is faulty; the sentence names file and place.</exception>
    public static Tokenizer Load(string folder) => new(TokenizerFolder.Read(folder));

    /// <summary>Reads a tokenizer from the contents of its files.</summary>
    /// <param name="tokenizerJson">UTF-8 text of tokenizer.json.</param>
    /// <param name="config">Contents of tokenizer_config.json.</param>
    public static Tokenizer Parse(ReadOnlyMemory<byte> tokenizerJson, JsonObject? config = null) =>
        new(new TokenizerFiles("tokenizer.json", tokenizerJson, config ?? [], []) { IsTokenizerJson = true });

    /// <summary>The id of a token, exactly as the vocabulary spells it, or null.</summary>
    public int? IdOf(string token) => _added.IdOf(token) ?? _model.IdOf(token);

    /// <summary>The token of an id as the vocabulary spells it, or null.</summary>
    public string? TokenOf(int id) => _added.Tokens.TryGetValue(id, out var added) ? added.Content : _model.TokenOf(id);

    /// <summary>Turns text into tokens.</summary>
    /// <param name="text">Any text; half a surrogate pair counts as U+FFFD.</param>
    /// <param name="addSpecialTokens">Put the special tokens round it that the tokenizer's template asks for, such as [CLS] … [SEP].</param>
    /// <param name="parseSpecialTokens">Read special tokens that are spelled out in the text as such. Leave it off for text a user typed:
    /// then no part of the text becomes a special token, whatever it says.</param>
    public TokenEncoding Encode(string text, bool addSpecialTokens = true, bool parseSpecialTokens = false)
    {
        text = CodePoints.WithoutLoneSurrogates(text);
        var pieces = new List<Piece>();
        _added.Extract(Piece.Whole(AlignedText.Original(text)), _normalizer, parseSpecialTokens && !_splitsSpecialTokens, pieces);
        return Encode(text, pieces, addSpecialTokens, barsSpecialTokens: !parseSpecialTokens);
    }

    /// <summary>
    /// Turns text into tokens in which some are set already, as the whole would be cut if exactly these stood in it: they take white space beside them
    /// along by their flags, and what is between them is plain text. Nothing is put round it.
    /// </summary>
    /// <param name="text">Any text; half a surrogate pair counts as U+FFFD.</param>
    /// <param name="set">The tokens in order of their places, which do not overlap.</param>
    public TokenEncoding Encode(string text, IReadOnlyList<SetToken> set)
    {
        text = CodePoints.WithoutLoneSurrogates(text);
        var whole = Piece.Whole(AlignedText.Original(text));
        var pieces = new List<Piece>();
        int done = 0;
        for (int i = 0; i < set.Count; i++)
        {
            var (start, end, id) = set[i];
            if (_added.Tokens.TryGetValue(id, out var token))
            {
                int next = i + 1 < set.Count ? set[i + 1].Start : text.Length;
                (start, end) = AddedTokenMatcher.WithWhiteSpace(whole.Span[..next], token, start, end, done);
            }
            if (start > done) _added.Extract(whole.Slice(done, start), _normalizer, false, pieces);
            pieces.Add(new Piece(whole.Text, start, end - start, start, id));
            done = Math.Max(done, end);
        }
        if (done < text.Length) _added.Extract(whole.Slice(done, text.Length), _normalizer, false, pieces);
        return Encode(text, pieces, addSpecialTokens: false, barsSpecialTokens: true);
    }

    private TokenEncoding Encode(string text, List<Piece> pieces, bool addSpecialTokens, bool barsSpecialTokens)
    {
        if (_preTokenizer is not null) pieces = _preTokenizer.Apply(pieces);
        var places = CodePointPlaces.Of(text);
        var tokens = new EncodedTokens(text.Length / 3 + 4);
        foreach (var piece in pieces)
        {
            if (piece.IsToken) Add(tokens, piece, piece.TokenId, piece.Span.ToString(), 0, piece.Length, places);
            else if (piece.Length > 0) Tokenize(piece, tokens, places, barsSpecialTokens);
        }
        if (_postProcessor is not null) tokens = _postProcessor.Process(tokens, addSpecialTokens);
        return new TokenEncoding([.. tokens.Ids], [.. tokens.Offsets], [.. tokens.Texts]);
    }

    /// <summary>Turns ids back into text, as the tokenizer's decoder says. Ids that no token has are left out.</summary>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens) => string.Concat(Parts(ids, skipSpecialTokens).Select(part => part.Text));

    /// <summary>The decoded text in parts, each of which knows which token (by its place in <paramref name="ids"/>) its characters come from.</summary>
    internal List<DecodedText> Parts(ReadOnlySpan<int> ids, bool skipSpecialTokens)
    {
        var tokens = new List<DecodedText>(ids.Length);
        for (int i = 0; i < ids.Length; i++)
        {
            var token = _added.DecodedText(ids[i]) ?? _model.TokenOf(ids[i]);
            if (token is not null && !(skipSpecialTokens && _added.IsSpecial(token))) tokens.Add(new(token, i));
        }
        if (_decoder is not null) tokens = _decoder.Decode(tokens);
        // Without a decoder: with blanks between them.
        else for (int i = 1; i < tokens.Count; i++) tokens[i] = tokens[i].After(" ");
        return _blanks is null ? tokens : _blanks.Decode(tokens);
    }

    /// <summary>
    /// Writes tokenizer.json, tokenizer_config.json and the chat templates (chat_template.jinja and additional_chat_templates) so that this program and Hugging
    /// Face's libraries read the same tokenizer back. What they hold and this program does not know is kept.
    /// </summary>
    public void Save(string folder) => TokenizerWriter.Write(_files, folder, Special, _added.Tokens, _furtherSpecial, _savedClass);

    // Without a tokenizer.json two settings say whether a text begins and ends with a token.
    private static TemplateProcessing? AroundText(ClassSettings settings, SpecialTokenIds ids)
    {
        bool begins = settings.Bool("add_bos_token", false) && ids.Has("bos_token"), ends = settings.Bool("add_eos_token", false) && ids.Has("eos_token");
        return (begins, ends) switch
        {
            (true, true) => TemplateProcessing.Around(ids.Named("bos_token"), ids.Named("eos_token")),
            (true, false) => TemplateProcessing.Before(ids.Named("bos_token")),
            (false, true) => TemplateProcessing.After(ids.Named("eos_token")),
            _ => null,
        };
    }

    private void Tokenize(Piece piece, EncodedTokens into, CodePointPlaces places, bool barsSpecialTokens)
    {
        var word = _model.Tokenize(piece.Span);
        // A word may spell a special token (a vocabulary of whole words has these among its words). It is text here, so it is cut without them.
        if (barsSpecialTokens && Array.Exists(word.Ids, IsBarred)) word = _model.TokenizeWithout(piece.Span, IsBarred);
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
