using System.Text.Json;
using System.Text.Json.Nodes;

namespace Unmask.Text.ChatTemplates;

/// <summary>
/// Keeps what a user typed apart from what a template writes. Before rendering, the first character of every special token spelled out in a message is replaced by a private-use
/// character that occurs nowhere else; after rendering, special tokens are looked for, and only then is the character put back, in what remains as ordinary text. So a template's
/// own special tokens are found and a user's never are. The start of a special token at the very end of a message is replaced too, so that two pieces cannot make one token.
/// </summary>
internal sealed class SpecialTokenGuard
{
    private readonly SpecialTokenPlaces _places;
    private readonly Dictionary<char, char> _guards = [];

    /// <param name="places">Finds the special tokens.</param>
    /// <param name="texts">Everything the guard characters must not occur in.</param>
    public SpecialTokenGuard(SpecialTokenPlaces places, IEnumerable<string> texts)
    {
        _places = places;
        var taken = new HashSet<char>();
        foreach (var text in texts.Concat(places.Tokens))
        {
            for (var at = PrivateUse(text, 0); at < text.Length; at = PrivateUse(text, at + 1)) taken.Add(text[at]);
        }

        var next = '\ue000';
        foreach (var first in places.FirstCharacters)
        {
            while (taken.Contains(next)) next++;
            // 6,400 private-use characters: a text that holds nearly all of them is not written by people.
            if (next > '\uf8ff') throw new UserError("A message holds every private-use character of Unicode, so its special tokens cannot be kept apart; remove some of these characters.");
            _guards[first] = next++;
        }
    }

    /// <summary>Whether any message held a special token, so that <see cref="Restore"/> has work.</summary>
    public bool IsUsed { get; private set; }

    /// <summary>A special token that a message spells out, whole; null where none does.</summary>
    public string? SpelledOut { get; private set; }

    public Message Guard(Message message) => message with
    {
        Role = Guard(message.Role, atEnd: false),
        Content = Guard(message.Content, atEnd: true),
        Parts = message.Parts?.Select(part => Guard(part, atEnd: true)).ToList(),
        Extra = message.Extra?.ToDictionary(entry => entry.Key, entry => Guard(entry.Value)),
    };

    /// <summary>Every text that a JSON value holds, the names of its members among them.</summary>
    public static IEnumerable<string> Texts(JsonNode? node) => node switch
    {
        JsonArray array => array.SelectMany(Texts),
        JsonObject fields => fields.SelectMany(field => Texts(field.Value).Prepend(field.Key)),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => [value.ToString()],
        _ => [],
    };

    /// <summary>Puts the characters of the user's text back.</summary>
    public string Restore(string text)
    {
        foreach (var (character, guard) in _guards) text = text.Replace(guard, character);
        return text;
    }

    public JsonNode? Guard(JsonNode? node) => node switch
    {
        JsonValue value when value.GetValueKind() == JsonValueKind.String => JsonValue.Create(Guard(value.ToString(), atEnd: true)),
        JsonArray array => new JsonArray(array.Select(Guard).ToArray()),
        JsonObject fields => new JsonObject(fields.Select(field => KeyValuePair.Create(Guard(field.Key, atEnd: false), Guard(field.Value)))),
        _ => node?.DeepClone(),
    };

    private string Guard(string text, bool atEnd)
    {
        char[]? guarded = null;
        string? spelledOut = null;
        foreach (var (at, token) in _places.Begun(text))
        {
            spelledOut = token ?? spelledOut;
            Replace(at);
        }

        SpelledOut ??= spelledOut;
        if (atEnd)
        {
            // A template may trim the text, so the end is where the white space begins.
            var end = text.Length;
            while (end > 0 && char.IsWhiteSpace(text[end - 1])) end--;
            foreach (var at in _places.BegunAtEnd(text, end)) Replace(at);
        }

        return guarded is null ? text : new string(guarded);

        void Replace(int at)
        {
            IsUsed = true;
            guarded ??= text.ToCharArray();
            guarded[at] = _guards[text[at]];
        }
    }

    /// <summary>The next place with a private-use character, or the length of the text.</summary>
    private static int PrivateUse(string text, int from)
    {
        var at = text.AsSpan(from).IndexOfAnyInRange('\ue000', '\uf8ff');
        return at < 0 ? text.Length : from + at;
    }
}
