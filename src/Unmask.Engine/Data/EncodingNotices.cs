using System.Collections.Concurrent;

namespace Unmask.Engine.Data;

/// <summary>What a person should know of how rows became tokens: counted while they are encoded, told as sentences. Safe to use from many threads.</summary>
public sealed class EncodingNotices
{
    private readonly ConcurrentDictionary<string, long> _unread = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _notGiven = new(StringComparer.Ordinal);
    private long _noPrefix;
    private long _earlierTurns;
    private long _spelledOut;
    private string? _spelledToken;

    /// <summary>Rows whose prompt is not how the whole row begins, because of its end.</summary>
    public long PromptsThatAreNoPrefix => Interlocked.Read(ref _noPrefix);

    /// <summary>Rows whose earlier turns the template writes in another way once an answer follows.</summary>
    public long ChangedEarlierTurns => Interlocked.Read(ref _earlierTurns);

    /// <summary>Rows that spell out a special token.</summary>
    public long SpelledOut => Interlocked.Read(ref _spelledOut);

    /// <summary>The sentences; none where nothing was noticed.</summary>
    public IEnumerable<string> Sentences()
    {
        if (PromptsThatAreNoPrefix is > 0 and var rows)
            yield return $"In {Rows(rows)} the prompt by itself is not how the whole row begins: the chat template ends a prompt with something that the row does not have there, or a token spans the border. What both have in common is the prompt, all that follows is scored.";
        if (ChangedEarlierTurns is > 0 and var changed)
            yield return $"In {Rows(changed)} the chat template writes earlier turns in another way once an answer follows, so the prompt by itself is not how the whole row begins; the answer is scored from behind its header.";
        if (SpelledOut is > 0 and var spelled)
            yield return $"{Rows(spelled)} {(spelled == 1 ? "spells" : "spell")} out a special token in the text, such as {_spelledToken}; it is encoded as ordinary text, not as the special token.";
        foreach (var (name, count) in _notGiven.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            yield return $"In {Rows(count)} {name} is text that is no JSON list, so it is not given to the chat template. Write it as a list, or as JSON text of one.";
        foreach (var (name, count) in _unread.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            yield return $"{Rows(count)} {(count == 1 ? "brings" : "bring")} {name}, which the chat template does not read; {(count == 1 ? "it is" : "they are")} encoded without {name}. Choose another chat_template to have {name} in the prompt.";
    }

    internal void PromptIsNoPrefix() => Interlocked.Increment(ref _noPrefix);

    internal void EarlierTurnsChange() => Interlocked.Increment(ref _earlierTurns);

    internal void SpellsOut(string? token)
    {
        if (token is null) return;
        Interlocked.Increment(ref _spelledOut);
        Interlocked.CompareExchange(ref _spelledToken, token, null);
    }

    internal void NotGiven(string name) => _notGiven.AddOrUpdate(name, 1, static (_, count) => count + 1);

    internal void Unread(IEnumerable<string> names)
    {
        foreach (var name in names) _unread.AddOrUpdate(name, 1, static (_, count) => count + 1);
    }

    private static string Rows(long count) => count == 1 ? "1 row" : $"{count} rows";
}
