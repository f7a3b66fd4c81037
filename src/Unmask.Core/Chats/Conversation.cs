using System.Text.Json.Serialization;
using Unmask.Core.Protocol;

namespace Unmask.Core.Chats;

/// <summary>A conversation as its file holds it.</summary>
/// <param name="Id">Name of its file, without the ending.</param>
/// <param name="Name">What people call it; the first words of the first question until somebody renames it.</param>
/// <param name="Created">When its first question was asked.</param>
public sealed record Conversation(string Id, string Name, DateTimeOffset Created)
{
    /// <summary>The version of the file's shape that this program writes.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Version of the file's shape.</summary>
    [JsonPropertyName("v")]
    public int Version { get; init; } = CurrentVersion;

    /// <summary>When it was last asked something or renamed.</summary>
    public DateTimeOffset Changed { get; init; } = Created;

    /// <summary>What models are told before the first question; null for nothing.</summary>
    public string? System { get; init; }

    /// <summary>Its questions with their answers, in order.</summary>
    public IReadOnlyList<ChatExchange> Exchanges { get; init; } = [];

    /// <summary>Who answered last: one model, or two beside each other.</summary>
    [JsonIgnore]
    public IReadOnlyList<ChatParty> Parties => Exchanges.Count == 0 ? [] : [.. Exchanges[^1].Answers.Select(answer => answer.By)];

    /// <summary>
    /// What a side is told with a new question, and what a training on it learns from: the system prompt, and each question of a conversation that this side
    /// answered to the end. A side that was not there yet knows what the first one said.
    /// </summary>
    /// <param name="side">0 for the first model, 1 for the one beside it.</param>
    public IReadOnlyList<ChatTurn> TurnsOf(int side) =>
    [
        .. System is { Length: > 0 } system ? [new ChatTurn("system", system)] : Array.Empty<ChatTurn>(),
        .. Exchanges.Where(exchange => !exchange.Gaps)
            .Select(exchange => (exchange.Asked, Answer: exchange.Answers.ElementAtOrDefault(side) ?? exchange.Answers[0]))
            .Where(pair => pair.Answer.End == AnswerEnd.Done)
            .SelectMany(pair => (ChatTurn[])[new("user", pair.Asked), new("assistant", pair.Answer.Text)]),
    ];
}

/// <summary>A model that answers.</summary>
/// <param name="Model">Its id in the workbench.</param>
/// <param name="Name">What it was called then; a conversation outlives its models.</param>
/// <param name="Adapter">Id of the adapter on it; null for none.</param>
/// <param name="In4Bit">Whether its linear layers were held in 4 bits.</param>
public sealed record ChatParty(string Model, string Name, string? Adapter = null, bool In4Bit = false)
{
    [JsonInclude, JsonPropertyName("adaptor")]
    private string? EarlierName { init => Adapter ??= value; }
}

/// <summary>A question with its answers.</summary>
/// <param name="Asked">The question, or a text with gaps.</param>
/// <param name="At">When it was asked.</param>
/// <param name="Answers">One, or two of models beside each other; never none.</param>
public sealed record ChatExchange(string Asked, DateTimeOffset At, IReadOnlyList<ChatAnswer> Answers)
{
    /// <summary>Whether it was a text with gaps and no part of the conversation.</summary>
    public bool Gaps { get; init; }

    /// <summary>How answers were to be written; what is null was as usual for the model.</summary>
    public SamplerChoices Sampler { get; init; } = new();
}

/// <summary>How the writing of an answer ended.</summary>
public enum AnswerEnd
{
    /// <summary>By itself.</summary>
    Done,

    /// <summary>It was stopped, by a person or because the page was closed.</summary>
    Stopped,

    /// <summary>It went wrong.</summary>
    Failed,
}

/// <summary>An answer.</summary>
/// <param name="By">Whose.</param>
/// <param name="Text">What was written; of one that was stopped what stood there, without its masks.</param>
/// <param name="End">How it ended.</param>
public sealed record ChatAnswer(ChatParty By, string Text, AnswerEnd End)
{
    /// <summary>Denoising steps made.</summary>
    public int Steps { get; init; }

    /// <summary>Denoising steps there were to make.</summary>
    public int TotalSteps { get; init; }

    /// <summary>How long they took.</summary>
    public double Seconds { get; init; }

    /// <summary>Tokens that were written.</summary>
    public int NewTokens { get; init; }

    /// <summary>The seed of its random numbers; null where it was stopped before that was told.</summary>
    public long? Seed { get; init; }

    /// <summary>Why it failed, in a sentence; null where it did not.</summary>
    public string? Problem { get; init; }

    /// <summary>Every token of the canvas in order, with the step that wrote it: the writing can be gone through again.</summary>
    public IReadOnlyList<KeptToken> Canvas { get; init; } = [];
}

/// <summary>A token of a kept canvas.</summary>
/// <param name="Text">What it adds to the text; null for a mask that was left.</param>
/// <param name="Step">The step that wrote it, from 1; null when it was given or is a mask.</param>
/// <param name="Probability">The model's probability of it when it was written; null likewise.</param>
/// <param name="Special">True for a special token, such as the end of the text; else null.</param>
public sealed record KeptToken(string? Text, int? Step = null, float? Probability = null, bool? Special = null);
