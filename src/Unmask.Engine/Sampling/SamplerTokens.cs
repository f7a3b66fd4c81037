namespace Unmask.Engine.Sampling;

/// <summary>The special tokens that the sampler needs.</summary>
/// <param name="Mask">Stands for what is to be generated.</param>
/// <param name="End">Ends a text and fills the canvas behind shorter rows.</param>
/// <param name="Begin">Stands in for an empty prompt where logits are shifted.</param>
public sealed record SamplerTokens(int Mask, int End, int? Begin = null);
