using Unmask.Core.Chats;
using Unmask.Core.Protocol;

namespace Unmask.Web.Chat;

/// <summary>What stands on a canvas, put together from the frames so far.</summary>
internal sealed class WatchedCanvas
{
    private readonly Dictionary<int, WrittenToken> written = [];
    private GenerationFrame? last;

    /// <summary>Its tokens in order; none before the first frame.</summary>
    public IReadOnlyList<KeptToken> Tokens => last is null ? [] : [.. last.Texts.Select((text, at) => written.GetValueOrDefault(at) is { } token
        ? new KeptToken(text, token.Step, MathF.Round(token.Probability, 4), token.Special ? true : null)
        : new KeptToken(text))];

    /// <summary>Takes a frame.</summary>
    public void Take(GenerationFrame frame)
    {
        last = frame;
        foreach (var token in frame.Written) written[token.At] = token;
    }

    /// <summary>What was written so far, as an answer that ended before its time.</summary>
    public ChatAnswer AnswerOf(ChatParty by, AnswerEnd end)
    {
        var tokens = Tokens;
        return new ChatAnswer(by, string.Concat(tokens.Where(token => token.Special is null).Select(token => token.Text)), end)
        {
            Steps = last?.Step ?? 0,
            TotalSteps = last?.Total ?? 0,
            Seconds = last?.Seconds ?? 0,
            NewTokens = written.Count,
            Canvas = tokens,
        };
    }
}
