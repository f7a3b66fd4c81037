using Unmask.Text.Tokenizers.Matching;

namespace Unmask.Text.ChatTemplates;

/// <summary>Where the special tokens of a tokenizer stand in texts, in time that grows with the length of a text alone. Safe to use from many threads.</summary>
internal sealed class SpecialTokenPlaces
{
    private readonly string[] _tokens;
    private readonly TokenAutomaton _exact;
    private readonly TokenAutomaton _anyCase;
    private readonly string[][] _spellings;
    private readonly ILookup<char, string> _byFirst;
    private readonly int _longest;

    /// <param name="tokens">Texts of the special tokens; none is empty.</param>
    public SpecialTokenPlaces(IEnumerable<string> tokens)
    {
        _tokens = [.. tokens.Distinct(StringComparer.Ordinal)];
        _exact = new TokenAutomaton(_tokens.Select((token, place) => (token, place)), fromRight: true);
        var byCase = _tokens.GroupBy(token => token.ToUpperInvariant(), StringComparer.Ordinal).ToList();
        _spellings = [.. byCase.Select(group => group.ToArray())];
        _anyCase = new TokenAutomaton(byCase.Select((group, place) => (group.Key, place)), fromRight: true);
        _byFirst = _tokens.ToLookup(token => token[0]);
        _longest = _tokens.Select(token => token.Length).DefaultIfEmpty().Max();
    }

    /// <summary>Every text.</summary>
    public IReadOnlyCollection<string> Tokens => _tokens;

    /// <summary>The characters that tokens begin with.</summary>
    public IEnumerable<char> FirstCharacters => _byFirst.Select(group => group.Key);

    /// <summary>The tokens as they are spelled, from the left, the longest at each place, none inside another.</summary>
    public IEnumerable<(int At, string Token)> Set(string text)
    {
        if (_exact.LongestAt(text) is not { } matches) yield break;
        for (var at = 0; at < text.Length;)
        {
            if (matches[at] == TokenAutomaton.Root)
            {
                at++;
                continue;
            }

            var token = _tokens[_exact.Value(matches[at])];
            yield return (at, token);
            at += token.Length;
        }
    }

    /// <summary>
    /// The places at which a token begins, be it spelled with other cases behind its first character, because some tokenizers look for their tokens in lower-cased text. From the right;
    /// a token stands with its place where it is spelled as it is.
    /// </summary>
    public IEnumerable<(int At, string? Token)> Begun(string text)
    {
        var upper = text.ToUpperInvariant();
        var state = TokenAutomaton.Root;
        for (var at = upper.Length - 1; at >= 0; at--)
        {
            if (state == TokenAutomaton.Root && (at = _anyCase.NextEnd(upper.AsSpan(0, at + 1))) < 0) yield break;
            state = _anyCase.Step(state, upper[at]);
            for (var match = _anyCase.Match(state); match != TokenAutomaton.Root; match = _anyCase.Shorter(match))
            {
                foreach (var token in _spellings[_anyCase.Value(match)])
                {
                    if (text[at] == token[0]) yield return (at, string.CompareOrdinal(text, at, token, 0, token.Length) == 0 ? token : null);
                }
            }
        }
    }

    /// <summary>The places at which a token begins that goes on behind the end of the text.</summary>
    public IEnumerable<int> BegunAtEnd(string text, int end)
    {
        for (var at = Math.Max(0, end - _longest + 1); at < end; at++)
        {
            foreach (var token in _byFirst[text[at]])
            {
                if (token.Length > end - at && string.CompareOrdinal(text, at, token, 0, end - at) == 0) yield return at;
            }
        }
    }
}
