using System.Text.Json;
using System.Text.Json.Nodes;

namespace Unmask.Engine.Text.Templates;

/// <summary>
/// Keeps what a user typed apart from what a template writes. Before rendering, the first character of every special token spelt out in a message is replaced by a private-use
/// character that occurs nowhere else; after rendering, special tokens are looked for, and only then is the character put back, in what remains as ordinary text. So a template's
/// own special tokens are found and a user's never are. The start of a special token at the very end of a message is replaced too, so that two pieces cannot make one token.
/// </summary>
internal sealed class SpecialTokenGuard
{
    private readonly IReadOnlyCollection<string> _tokens;
    private readonly Dictionary<char, char> _guards = [];

    /// <param name="tokens">Texts of the special tokens.</param>
    /// <param name="texts">Everything the guard characters must not occur in.</param>
    public SpecialTokenGuard(IReadOnlyCollection<string> tokens, IEnumerable<string> texts)
    {
        _tokens = tokens;
        var taken = new HashSet<char>(texts.Concat(tokens).SelectMany(text => text.Where(c => c is >= '\ue000' and <= '\uf8ff')));
        var next = '\ue000';
        foreach (var first in tokens.Select(token => token[0]).Distinct())
        {
            while (taken.Contains(next)) next++;
            // 6,400 private-use characters: a text that holds nearly all of them is not written by people.
            if (next > '\uf8ff') throw new Core.UserError("A message holds every private-use character of Unicode, so its special tokens cannot be kept apart; remove some of these characters.");
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
        foreach (var token in _tokens)
        {
            // Without regard to case, because some tokenizers look for their tokens in lower-cased text.
            for (var at = text.IndexOf(token, StringComparison.OrdinalIgnoreCase); at >= 0; at = text.IndexOf(token, at + 1, StringComparison.OrdinalIgnoreCase))
            {
                if (SpelledOut is null && string.CompareOrdinal(text, at, token, 0, token.Length) == 0) SpelledOut = token;
                text = Replace(text, at, token[0]);
            }
        }

        if (!atEnd) return text;
        // A template may trim the text, so the end is where the white space begins.
        var end = text.Length;
        while (end > 0 && char.IsWhiteSpace(text[end - 1])) end--;
        foreach (var token in _tokens)
        {
            for (var length = Math.Min(token.Length - 1, end); length > 0; length--)
            {
                if (string.CompareOrdinal(text, end - length, token, 0, length) == 0) text = Replace(text, end - length, token[0]);
            }
        }

        return text;
    }

    private string Replace(string text, int at, char first)
    {
        // A letter of the other case is not what the guard stands for; it cannot begin the token as it is spelt, and is kept.
        if (text[at] != first) return text;
        IsUsed = true;
        return string.Concat(text.AsSpan(0, at), _guards[first].ToString(), text.AsSpan(at + 1));
    }
}
