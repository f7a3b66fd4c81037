namespace Unmask.Engine.Data;

/// <summary>One training row after tokenization.</summary>
/// <param name="Index">Place of the row in its dataset; with seed and epoch it names the row's noise.</param>
/// <param name="Ids">Token ids, prompt first.</param>
/// <param name="PromptLength">Leading tokens that are never masked and never scored; 0 when the whole row is trained on.</param>
public sealed record Example(long Index, int[] Ids, int PromptLength);
