namespace Unmask;

/// <summary>A generated or infilled text.</summary>
/// <param name="Text">The answer, or the whole text with its gaps filled.</param>
/// <param name="PromptTokens">Tokens of the prompt, or of the text around the gaps.</param>
/// <param name="OutputTokens">Tokens of the answer, or of the gaps.</param>
/// <param name="Steps">Denoising steps made.</param>
/// <param name="Duration">Time they took.</param>
/// <param name="IsTruncated">Whether the answer took all tokens that it was given without an end.</param>
/// <example>
/// <code>
/// var result = await model.GenerateAsync("Why is the sky blue?");
/// Console.WriteLine($"{result.Text} ({result.OutputTokens} tokens, {result.Steps} steps)");
/// </code>
/// </example>
public sealed record GenerationResult(string Text, int PromptTokens, int OutputTokens, int Steps, TimeSpan Duration, bool IsTruncated);

/// <summary>The text before the first denoising step (number 0) and after each one.</summary>
/// <param name="Step">0 to <paramref name="TotalSteps"/>.</param>
/// <param name="TotalSteps">Steps that are made in all.</param>
/// <param name="MasksLeft">Tokens still masked.</param>
/// <param name="Text">The whole text; masked tokens show as the model's mask token.</param>
/// <param name="ReadyText">The text before the first mask: it changes no more.</param>
/// <param name="Committed">Tokens that this step unmasked.</param>
/// <example>
/// <code>
/// await foreach (var frame in model.StreamAsync("Why is the sky blue?"))
/// {
///     Console.WriteLine($"{frame.Step}/{frame.TotalSteps} {frame.Text}");
/// }
/// </code>
/// </example>
public sealed record DenoisingFrame(int Step, int TotalSteps, int MasksLeft, string Text, string ReadyText, IReadOnlyList<DenoisedToken> Committed)
{
    /// <summary>The finished text; set on the last frame alone.</summary>
    public GenerationResult? Result { get; init; }
}

/// <summary>A token that a denoising step unmasked.</summary>
/// <param name="Position">Its position in the answer (in the whole text when infilling), from 0.</param>
/// <param name="Id">Its id in the vocabulary.</param>
/// <param name="Text">The text that it stands for.</param>
/// <param name="Probability">The model's probability of it.</param>
/// <example>
/// <code>
/// foreach (var token in frame.Committed) Console.WriteLine($"{token.Position}: {token.Text} ({token.Probability:P0})");
/// </code>
/// </example>
public sealed record DenoisedToken(int Position, int Id, string Text, float Probability);
