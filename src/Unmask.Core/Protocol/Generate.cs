namespace Unmask.Core.Protocol;

/// <summary>A turn of a conversation.</summary>
/// <param name="Role">system, user or assistant.</param>
/// <param name="Content">What was said.</param>
public sealed record ChatTurn(string Role, string Content);

/// <summary>Asks the loaded model to write: the next turn of a conversation, how a text goes on, or what stands in the gaps of a text. Exactly one of the three is given.</summary>
public sealed record GenerateRequest : EngineRequest<Generated, GenerationFrame>
{
    /// <summary>The conversation so far, a user's turn last. It goes through <see cref="Template"/>.</summary>
    public IReadOnlyList<ChatTurn>? Turns { get; init; }

    /// <summary>A text to go on with, as it is, without a template.</summary>
    public string? Prompt { get; init; }

    /// <summary>A text with gaps: [MASK] is one token, [MASK:5] five, ___ as many tokens as underscores (three or more).</summary>
    public string? Gaps { get; init; }

    /// <summary>The chat template of a conversation: <c>tokenizer</c>, a built-in name, or a file; null for the tokenizer's own, else that of the model's family.</summary>
    public string? Template { get; init; }

    /// <summary>How.</summary>
    public SamplerChoices Sampler { get; init; } = new();
}

/// <summary>A token that was written.</summary>
/// <param name="At">Place on the canvas.</param>
/// <param name="Step">The step that wrote it, from 1.</param>
/// <param name="Probability">The model's probability of it, before temperature.</param>
/// <param name="Special">Whether it is a special token, such as the end of the text.</param>
public sealed record WrittenToken(int At, int Step, float Probability, bool Special);

/// <summary>The canvas before the first step and after some of the others.</summary>
/// <param name="Step">0 to <paramref name="Total"/>.</param>
/// <param name="Total">Steps in all.</param>
/// <param name="MasksLeft">Masks on the canvas.</param>
/// <param name="Seconds">Since the first step began.</param>
/// <param name="Texts">What each token of the canvas adds to the text; null for a mask. The canvas is the answer, or the whole text with its gaps.</param>
/// <param name="Written">The tokens written since the frame before.</param>
public sealed record GenerationFrame(int Step, int Total, int MasksLeft, double Seconds, IReadOnlyList<string?> Texts, IReadOnlyList<WrittenToken> Written);

/// <summary>What was written.</summary>
/// <param name="Text">The answer, or the whole text with its gaps filled.</param>
/// <param name="PromptTokens">Tokens that were given.</param>
/// <param name="NewTokens">Tokens that were written, those behind the end of the answer included.</param>
/// <param name="Steps">Denoising steps made.</param>
/// <param name="Seconds">How long they took.</param>
/// <param name="Seed">The seed.</param>
public sealed record Generated(string Text, int PromptTokens, int NewTokens, int Steps, double Seconds, long Seed)
{
    /// <summary>Every token of the canvas, in order.</summary>
    public IReadOnlyList<CanvasToken> Tokens { get; init; } = [];

    /// <summary>Written tokens a second.</summary>
    public double TokensPerSecond => Seconds > 0 ? NewTokens / Seconds : 0;
}

/// <summary>A token of a finished canvas.</summary>
/// <param name="Id">Token id.</param>
/// <param name="Text">What it adds to the text.</param>
/// <param name="Step">The step that wrote it, from 1; 0 when it was given.</param>
/// <param name="Probability">The model's probability of it when it was written, before temperature; null when it was given.</param>
/// <param name="Special">Whether it is a special token.</param>
public sealed record CanvasToken(int Id, string Text, int Step, float? Probability, bool Special);
