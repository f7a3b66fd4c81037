using System.Collections.Concurrent;
using Unmask.Core.Chats;
using Unmask.Core.Protocol;
using Unmask.Core.Protocol.Client;

namespace Unmask.Web.Chat;

/// <summary>A question to one model, or to two beside each other.</summary>
/// <param name="Text">What is asked, or a text with gaps.</param>
/// <param name="Sessions">Who answers: ids of open sessions.</param>
/// <param name="Gaps">Whether the text has gaps to fill, and is no part of the conversation.</param>
/// <param name="System">What models are told before the first question; null for nothing.</param>
/// <param name="Sampler">How answers are written; null for as usual.</param>
public sealed record ChatQuestion(string Text, IReadOnlyList<string> Sessions, bool Gaps = false, string? System = null, SamplerChoices? Sampler = null);

/// <summary>Something of one side of an answer.</summary>
/// <param name="Side">0 for the first model, 1 for the one beside it.</param>
/// <param name="News">What it is.</param>
public sealed record GenerationUpdate(int Side, object News);

/// <summary>Puts questions to models and keeps what they answer, however that ends.</summary>
/// <param name="store">Where conversations are kept.</param>
/// <param name="sessions">The models that are open.</param>
public sealed class ChatService(ConversationStore store, ChatSessions sessions)
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(5);

    /// <summary>What is being written and not kept yet, by conversation.</summary>
    private readonly ConcurrentDictionary<string, Task> writing = [];

    /// <summary>Waits a moment until what is written for a conversation is kept: a page knows that it stopped an answer before the engine does.</summary>
    /// <param name="conversation">Its id.</param>
    /// <param name="stop">Ends the wait.</param>
    public async Task Settle(string conversation, CancellationToken stop)
    {
        if (writing.TryGetValue(conversation, out var last)) await Task.WhenAny(last, Task.Delay(patience, stop));
    }

    /// <summary>The sessions of a question.</summary>
    /// <exception cref="UserError">One is open no more, there are none or too many, or nothing is asked.</exception>
    public IReadOnlyList<ChatSession> SidesOf(ChatQuestion question)
    {
        if (string.IsNullOrWhiteSpace(question.Text)) throw new UserError("The message is empty. Enter a message.");
        if (question.Sessions is not { Count: 1 or 2 }) throw new UserError($"{question.Sessions?.Count ?? 0} sessions are named. Name 1 session, or 2 to compare.");
        return [.. question.Sessions.Select(id => sessions.Find(id) ?? throw new UserError(sessions.FarewellOf(id)))];
    }

    /// <summary>Lets the sides answer at the same time, and keeps the exchange: the whole, or what stood there when it was stopped.</summary>
    /// <param name="conversation">What was said before.</param>
    /// <param name="question">What is asked.</param>
    /// <param name="sides">Who answers.</param>
    /// <param name="send">Given <c>frame</c>, <c>progress</c> and <c>answer</c>, each a <see cref="GenerationUpdate"/>.</param>
    /// <param name="stop">Stops the writing.</param>
    /// <returns>The conversation with the exchange.</returns>
    /// <exception cref="UserError">No side could answer; nothing is kept.</exception>
    public async Task<Conversation> Ask(Conversation conversation, ChatQuestion question, IReadOnlyList<ChatSession> sides, Action<string, object> send, CancellationToken stop)
    {
        var kept = new TaskCompletionSource();
        writing[conversation.Id] = kept.Task;
        try
        {
            return await Keep(conversation, question, sides, send, stop);
        }
        finally
        {
            writing.TryRemove(KeyValuePair.Create(conversation.Id, kept.Task));
            kept.SetResult();
        }
    }

    private async Task<Conversation> Keep(Conversation conversation, ChatQuestion question, IReadOnlyList<ChatSession> sides, Action<string, object> send, CancellationToken stop)
    {
        var at = DateTimeOffset.UtcNow;
        var asked = conversation with { System = string.IsNullOrWhiteSpace(question.System) ? null : question.System.Trim() };
        var answering = sides.Select((side, number) => Answer(side, RequestOf(asked, question, number), (kind, news) => send(kind, new GenerationUpdate(number, news)), stop)).ToList();
        var answers = await Task.WhenAll(answering);
        if (answers.All(answer => answer.End == AnswerEnd.Failed)) throw new UserError([.. answers.Select(answer => answer.Problem!).Distinct()]);
        if (answers.All(answer => answer.Canvas.Count == 0)) throw new OperationCanceledException(stop);
        return store.Add(asked, new ChatExchange(question.Text, at, answers) { Gaps = question.Gaps, Sampler = question.Sampler ?? new() });
    }

    private static GenerateRequest RequestOf(Conversation conversation, ChatQuestion question, int side)
    {
        var sampler = question.Sampler ?? new();
        return question.Gaps ? new GenerateRequest { Gaps = question.Text, Sampler = sampler }
            : new GenerateRequest { Turns = [.. conversation.TurnsOf(side), new ChatTurn("user", question.Text)], Sampler = sampler };
    }

    private static async Task<ChatAnswer> Answer(ChatSession side, GenerateRequest request, Action<string, object> send, CancellationToken stop)
    {
        var canvas = new WatchedCanvas();
        ChatAnswer answer;
        try
        {
            var written = await side.Generate(request, frame =>
            {
                canvas.Take(frame);
                send("frame", frame);
            }, progress => send("progress", progress), stop);
            answer = new ChatAnswer(side.Party, written.Text, AnswerEnd.Done)
            {
                Steps = written.Steps,
                TotalSteps = written.Steps,
                Seconds = written.Seconds,
                NewTokens = written.NewTokens,
                Seed = written.Seed,
                Canvas = canvas.Tokens,
            };
        }
        catch (OperationCanceledException)
        {
            answer = canvas.AnswerOf(side.Party, AnswerEnd.Stopped);
        }
        catch (Exception failure) when (failure is UserError or EngineFailure)
        {
            answer = canvas.AnswerOf(side.Party, AnswerEnd.Failed) with { Problem = failure.Message };
        }

        send("answer", answer);
        return answer;
    }
}
