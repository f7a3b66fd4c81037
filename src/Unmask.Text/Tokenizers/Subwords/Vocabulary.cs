using Unmask.Text.Json;

namespace Unmask.Text.Tokenizers.Subwords;

/// <summary>Tokens and their ids, both ways.</summary>
internal sealed class Vocabulary
{
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly Dictionary<int, string> _tokens;

    public Vocabulary(Dictionary<string, int> ids)
    {
        _ids = ids;
        _lookup = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        _tokens = new(ids.Count);
        foreach (var (token, id) in ids) _tokens[id] = token;
    }

    public int Count => _ids.Count;

    public IEnumerable<(int Id, string Token)> Entries => _ids.Select(x => (x.Value, x.Key));

    /// <summary>Reads <c>{"token": id, …}</c>, or a list of tokens (with scores, of which nothing is made) whose ids are their places.</summary>
    public static Vocabulary Read(JsonField field)
    {
        if (field.Element.ValueKind == System.Text.Json.JsonValueKind.Array)
        {
            var places = new Dictionary<string, int>(StringComparer.Ordinal);
            var entries = field.Elements();
            for (int i = 0; i < entries.Length; i++)
                places[(entries[i].Element.ValueKind == System.Text.Json.JsonValueKind.Array && entries[i].Elements() is [var token, ..] ? token : entries[i]).AsString()] = i;
            return new Vocabulary(places);
        }
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (token, id) in field.Members()) ids[token] = id.AsId();
        return new Vocabulary(ids);
    }

    public int? IdOf(ReadOnlySpan<char> token) => _lookup.TryGetValue(token, out int id) ? id : null;

    public bool TryGet(ReadOnlySpan<char> token, out int id) => _lookup.TryGetValue(token, out id);

    public string? TokenOf(int id) => _tokens.GetValueOrDefault(id);
}
