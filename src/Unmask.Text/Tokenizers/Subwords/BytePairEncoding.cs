using Unmask.Text.Json;
using Unmask.Text.Unicode;

namespace Unmask.Text.Tokenizers.Subwords;

/// <summary>
/// Byte-pair encoding: a word begins as characters, and the pair of neighbors learned earliest is joined until no learned pair is
/// left (Sennrich et al. 2016, with the options of Hugging Face's model; dropout, which is for training tokenizers, is not done).
/// </summary>
internal sealed class BytePairEncoding : SubwordModel
{
    private readonly Vocabulary _vocabulary;
    private readonly Dictionary<long, (int Rank, int Id)> _merges;
    private readonly WordCache _cache = new();
    private readonly string? _unknown;
    private readonly string _prefix;
    private readonly string _suffix;
    private readonly bool _fuseUnknown;
    private readonly bool _ignoreMerges;
    private readonly int[]? _byteIds;

    private BytePairEncoding(JsonField field)
    {
        _vocabulary = Vocabulary.Read(field.Get("vocab"));
        _unknown = field.OptionalString("unk_token");
        _prefix = field.OptionalString("continuing_subword_prefix") ?? "";
        _suffix = field.OptionalString("end_of_word_suffix") ?? "";
        _fuseUnknown = field.Bool("fuse_unk", false);
        _ignoreMerges = field.Bool("ignore_merges", false);
        _merges = field.TryGet("merges", out var merges) ? ReadMerges(merges) : [];
        if (field.Bool("byte_fallback", false)) _byteIds = ByteIds(_vocabulary);
    }

    public static BytePairEncoding Parse(JsonField field) => new(field);

    public override int Count => _vocabulary.Count;

    public override int? Unknown => _unknown is null ? null : _vocabulary.IdOf(_unknown);

    public override IEnumerable<(int Id, string Token)> Entries => _vocabulary.Entries;

    public override int? IdOf(ReadOnlySpan<char> token) => _vocabulary.IdOf(token);

    public override string? TokenOf(int id) => _vocabulary.TokenOf(id);

    /// <summary>Ids of the tokens &lt;0x00&gt; to &lt;0xFF&gt;, -1 where there is none.</summary>
    public static int[] ByteIds(Vocabulary vocabulary)
    {
        var ids = new int[256];
        for (int b = 0; b < 256; b++) ids[b] = vocabulary.IdOf(string.Create(CultureInfo.InvariantCulture, $"<0x{b:X2}>")) ?? -1;
        return ids;
    }

    public override WordTokens Tokenize(ReadOnlySpan<char> word)
    {
        if (_cache.TryGet(word, out var known)) return known;
        var tokens = _ignoreMerges && _vocabulary.TryGet(word, out int id) ? WordTokens.One(id, word.Length) : Merge(word);
        _cache.Add(word, tokens);
        return tokens;
    }

    public override WordTokens TokenizeWithout(ReadOnlySpan<char> word, Func<int, bool> barred) => Merge(word, barred);

    private Dictionary<long, (int, int)> ReadMerges(JsonField field)
    {
        var elements = field.Elements();
        var merges = new Dictionary<long, (int, int)>(elements.Length);
        for (int rank = 0; rank < elements.Length; rank++)
        {
            var (left, right) = ReadPair(elements[rank]);
            if (!_vocabulary.TryGet(left, out int leftId)) throw NotInVocabulary(left);
            if (!_vocabulary.TryGet(right, out int rightId)) throw NotInVocabulary(right);
            if (_prefix.Length > right.Length) throw elements[rank].Error($"joins \"{right}\", which is shorter than the continuing_subword_prefix.");
            var joined = left + right[_prefix.Length..];
            if (!_vocabulary.TryGet(joined, out int id)) throw NotInVocabulary(joined);
            merges[Key(leftId, rightId)] = (rank, id);

            UserError NotInVocabulary(string token) => elements[rank].Error($"needs the token \"{Excerpt.Of(token)}\", which is not in the vocabulary.");
        }
        return merges;
    }

    // A pair is "a b" in older files and ["a", "b"] in newer ones.
    private static (string Left, string Right) ReadPair(JsonField field)
    {
        if (field.Element.ValueKind == System.Text.Json.JsonValueKind.Array)
        {
            var pair = field.Elements();
            return pair.Length == 2 ? (pair[0].AsString(), pair[1].AsString()) : throw field.Error($"has {pair.Length} parts; a merge has 2.");
        }
        var text = field.AsString();
        int blank = text.IndexOf(' ');
        if (blank < 0 || text.IndexOf(' ', blank + 1) >= 0) throw field.Error($"is \"{Excerpt.Of(text)}\"; a merge is two tokens with one blank between them.");
        return (text[..blank], text[(blank + 1)..]);
    }

    private WordTokens Merge(ReadOnlySpan<char> word, Func<int, bool>? barred = null)
    {
        var symbols = Characters(word, barred);
        symbols.Join(_merges, barred);
        symbols.Collect(out var ids, out var lengths);
        return ByteOffsets.Lay(word, ids, lengths);
    }

    private MergeChain Characters(ReadOnlySpan<char> word, Func<int, bool>? barred)
    {
        var chain = new MergeChain(word.Length);
        (int Id, int Bytes)? pending = null;
        Span<byte> bytes = stackalloc byte[4];
        for (int i = 0; i < word.Length;)
        {
            int c = CodePoints.At(word, i, out int units);
            int width = CodePoints.Utf8Length(c);
            if (TryCharacter(word, i, units, out int id) && barred?.Invoke(id) != true)
            {
                if (pending is { } unknown) chain.Add(unknown.Id, unknown.Bytes);
                pending = null;
                chain.Add(id, width);
            }
            else if (_byteIds is null || !TryBytes(word, i, units, chain))
            {
                pending = Unknowns(pending, width, chain);
            }
            i += units;
        }
        if (pending is { } last) chain.Add(last.Id, last.Bytes);
        return chain;
    }

    private bool TryCharacter(ReadOnlySpan<char> word, int at, int units, out int id)
    {
        var prefix = at > 0 ? _prefix : "";
        var suffix = at + units == word.Length ? _suffix : "";
        if (prefix.Length == 0 && suffix.Length == 0) return _vocabulary.TryGet(word.Slice(at, units), out id);
        return _vocabulary.TryGet(string.Concat(prefix, word.Slice(at, units), suffix), out id);
    }

    private bool TryBytes(ReadOnlySpan<char> word, int at, int units, MergeChain chain)
    {
        var prefix = at > 0 ? _prefix : "";
        var suffix = at + units == word.Length ? _suffix : "";
        var bytes = System.Text.Encoding.UTF8.GetBytes(string.Concat(prefix, word.Slice(at, units), suffix));
        foreach (var b in bytes)
            if (_byteIds![b] < 0) return false;
        foreach (var b in bytes) chain.Add(_byteIds![b], 1);
        return true;
    }

    private (int, int)? Unknowns((int Id, int Bytes)? pending, int width, MergeChain chain)
    {
        // Without an unk_token what is not in the vocabulary is dropped, as in the library this follows.
        if (_unknown is null) return pending;
        if (pending is { } fused && _fuseUnknown) return (fused.Id, fused.Bytes + width);
        if (pending is { } before) chain.Add(before.Id, before.Bytes);
        var id = Unknown ?? throw new UserError($"The tokenizer's unk_token {_unknown} is not in its vocabulary. Add that token to the vocabulary.");
        return (id, width);
    }

    public static long Key(int left, int right) => (long)left << 32 | (uint)right;
}
