using System.Text.Json.Nodes;
using Unmask.Text.Tokenizers.Files;
using Unmask.Text.Tokenizers.Vocabularies;

namespace Unmask.Text.Tokenizers.Classes;

/// <summary>
/// Which tokens transformers 5.12 adds to a vocabulary, in which order: those of tokenizer.json (unless a class builds the tokenizer anew),
/// then those of added_tokens_decoder or of the older files, with their flags, then the special tokens that are still missing. The ids that
/// the files give them count for nothing but the order.
/// </summary>
internal sealed class AddedTokenRules
{
    /// <summary>The special tokens with a part to play, in the order in which they are added.</summary>
    private static readonly string[] _roles = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    private readonly ClassSettings _settings;
    private readonly TokenizerClass? _class;
    private readonly SortedDictionary<long, TokenEntry> _listed = [];
    private readonly Dictionary<string, TokenEntry> _listedByText = new(StringComparer.Ordinal);
    private readonly List<(string Name, TokenEntry Token)> _named = [];
    private readonly HashSet<string> _namedTexts;
    private readonly List<TokenEntry> _extra;

    /// <param name="own">The added tokens of tokenizer.json with the ids it gives them.</param>
    public AddedTokenRules(TokenizerFiles files, ClassSettings settings, TokenizerClass? rules, IReadOnlyList<(long Id, TokenEntry Token)> own)
    {
        (_settings, _class) = (settings, rules);
        if (settings.HasDecoder) ReadDecoder(settings["added_tokens_decoder"]);
        else
        {
            ReadIds(files);
            foreach (var (id, token) in own) List(id, token);
        }
        _extra = ReadExtra();
        ReadNamed();
        _namedTexts = _named.Select(x => x.Token.Content).ToHashSet(StringComparer.Ordinal);

        var first = rules is null ? own.Select(x => x.Token.ToToken(false)).ToList() : [];
        Batches = [first, Missing(first), SecondTurnTokens()];
        Contents = [.. first.Select(t => t.Content), .. _listed.Values.Select(t => t.Content)];
    }

    /// <summary>The tokens to add, in turns.</summary>
    public IReadOnlyList<IReadOnlyList<AddedToken>> Batches { get; }

    /// <summary>The texts of the tokens that the files list, as against those that are only named.</summary>
    public IReadOnlyCollection<string> Contents { get; }

    /// <summary>The texts of the special tokens without names.</summary>
    public IReadOnlyList<string> Further => [.. _extra.Select(token => token.Content)];

    /// <summary>The text of a special token by name, or null.</summary>
    public string? TextOf(string name) => _named.Find(x => x.Name == name).Token?.Content;

    private void List(long id, TokenEntry token) => _listed[id] = _listedByText[token.Content] = token;

    private void ReadDecoder(JsonNode? node)
    {
        if (node is not JsonObject decoder) throw _settings.Error("added_tokens_decoder", node, "an object of tokens by their ids");
        foreach (var (key, value) in decoder)
        {
            if (!long.TryParse(key, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long id))
                throw _settings.Error("added_tokens_decoder", JsonValue.Create(key), "an object of tokens by their ids, which are whole numbers");
            List(id, TokenEntry.Read(value, $"added_tokens_decoder[\"{key}\"]", _settings));
        }
    }

    private void ReadIds(TokenizerFiles files)
    {
        // A token that tokenizer_config.json writes as an object is not known by its text yet when this is asked.
        var special = _roles.Select(role => _settings[role] is JsonObject token && !files.SpecialTokensMap.ContainsKey(role) ? null : ClassSettings.TextOf(_settings[role])).Concat((_settings.Extra as JsonArray ?? []).Select(ClassSettings.TextOf)).ToHashSet();
        foreach (var (text, node) in files.AddedIds)
        {
            if (node is not JsonValue value || !value.TryGetValue(out long id)) continue;
            bool isSpecial = special.Contains(text);
            List(id, new TokenEntry(text, isSpecial, Normalized: !isSpecial));
        }
    }

    private void ReadNamed()
    {
        foreach (var role in _roles)
        {
            if (_settings.Says(role))
            {
                if (_settings[role] is { } node) Name(role, FromFile(role, node));
            }
            else if (_class?.Defaults.GetValueOrDefault(role) is { } text) Name(role, Plain(role, text));
        }
        foreach (var (name, text) in _class?.Defaults ?? new Dictionary<string, string>())
            if (!_roles.Contains(name) && !_settings.Says(name)) Name(name, Plain(name, text));
        // Any other member that is called a token is one, too.
        foreach (var (name, node) in _settings.Members)
            if (name.EndsWith("_token", StringComparison.Ordinal) && !_roles.Contains(name) && IsToken(node)) Name(name, FromFile(name, node!));
        foreach (var (name, node) in _settings.NamedExtra ?? [])
            if (IsToken(node)) Name(name, FromFile(name, node!));

        void Name(string name, TokenEntry token)
        {
            _named.RemoveAll(x => x.Name == name);
            _named.Add((name, token));
        }
    }

    private TokenEntry FromFile(string name, JsonNode node)
    {
        var text = ClassSettings.TextOf(node) ?? throw _settings.Error(name, node, "a text, or an object with \"content\"");
        if (_listedByText.TryGetValue(text, out var listed)) return listed;
        return node is JsonObject ? TokenEntry.Read(node, name, _settings) : Plain(name, text);
    }

    private TokenEntry Plain(string name, string text) => new(text, true, LeftStrip: name == "mask_token" && _class is { MaskStripsLeft: true });

    private static bool IsToken(JsonNode? node) => ClassSettings.TextOf(node) is not null;

    private List<TokenEntry> ReadExtra()
    {
        if (_settings.HasExtra) return Entries("extra_special_tokens", _settings.Extra);
        var own = (_class?.Extra ?? []).Select(text => new TokenEntry(text, true)).ToList();
        if (_settings.OlderExtra is null) return own;
        var older = Entries("additional_special_tokens", _settings.OlderExtra);
        return _class is { AddsExtra: true } ? [.. older, .. own.Where(token => !older.Contains(token))] : older;
    }

    private List<TokenEntry> Entries(string name, JsonNode? node)
    {
        if (node is null) return [];
        if (node is not JsonArray list) throw _settings.Error(name, node, "a list of tokens");
        return [.. list.Select((token, i) => token is JsonObject
            ? TokenEntry.Read(token, $"{name}[{i}]", _settings)
            : new TokenEntry(ClassSettings.TextOf(token) ?? throw _settings.Error($"{name}[{i}]", token, "a text"), true))];
    }

    private List<AddedToken> Missing(List<AddedToken> first)
    {
        var tokens = _listed.Values.Select(t => t.ToToken(_namedTexts.Contains(t.Content))).ToList();
        var known = first.Concat(tokens).Select(t => t.Content).ToHashSet(StringComparer.Ordinal);
        foreach (var (_, token) in _named)
            if (!known.Contains(token.Content)) tokens.Add(token.ToToken(true));
        foreach (var token in _extra)
            if (!known.Contains(token.Content)) tokens.Add(token.ToToken(_namedTexts.Contains(token.Content)));
        return tokens;
    }

    private List<AddedToken> SecondTurnTokens()
    {
        var all = _named.Select(x => x.Token).Concat(_extra);
        return _class?.SecondTurn switch
        {
            SecondTurn.Plain => [.. all.Select(t => t.Content).Distinct().Select(text => new AddedToken(text, true))],
            SecondTurn.Special => [.. all.Select(t => t.ToToken(true))],
            _ => [],
        };
    }
}
