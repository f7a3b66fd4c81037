namespace Unmask.Engine.Generation.Decoding;

/// <summary>A token written at a step.</summary>
/// <param name="Row">Row of the batch.</param>
/// <param name="Position">Position in the row.</param>
/// <param name="Token">The token.</param>
/// <param name="Probability">The model's probability of it, after guidance and suppression, before temperature.</param>
public readonly record struct Commitment(int Row, int Position, int Token, float Probability);

/// <summary>The state of denoising before the first step (number 0) and after each one.</summary>
/// <param name="Number">0 to <paramref name="Total"/>.</param>
/// <param name="Total">Steps that will be made.</param>
/// <param name="Rows">Ids of each row, prompt included, without padding. The arrays change with the next step: copy what is to be kept.</param>
/// <param name="MasksLeft">Masks still on the canvas.</param>
/// <param name="Committed">Tokens written at this step.</param>
public sealed record SamplerStep(int Number, int Total, IReadOnlyList<int[]> Rows, int MasksLeft, IReadOnlyList<Commitment> Committed);
