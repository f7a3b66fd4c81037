using static TorchSharp.torch;

namespace Unmask.Engine.Generation.Decoding;

/// <summary>Which of the proposed tokens a denoising step keeps, and how many. Stateless. Dimensions: C positions, V vocabulary.</summary>
/// <example>
/// A rule is a class, and a line in <see cref="AcceptRules"/>:
/// <code>[Remasking.Entropy] = new EntropyRule(),</code>
/// One that is not in the catalog is used by <see cref="SamplerOptions.Accept"/>.
/// </example>
public abstract class AcceptRule
{
    /// <summary>Whether positions are chosen at random before anything is predicted.</summary>
    public virtual bool IsRandom => false;

    /// <summary>Whether the confidence is taken from the distribution that tokens are drawn from, tempered and filtered, as Dream does; else it is the model's own probability.</summary>
    public virtual bool IsOfDrawn => false;

    /// <summary>Whether the steps share out all masks of a row, those of the prompt too, as in Dream's sampler.</summary>
    public virtual bool CountsWholeRow => IsOfDrawn;

    /// <summary>Confidence [C] of the proposed tokens; the surest are kept. Asked only where <see cref="IsOfDrawn"/>.</summary>
    /// <param name="probabilities_CV">The distribution that tokens are drawn from.</param>
    /// <param name="tokens_C">Proposed tokens.</param>
    public virtual Tensor Confidence(Tensor probabilities_CV, Tensor tokens_C) => probabilities_CV.gather(1, tokens_C.unsqueeze(1)).squeeze(1);

    /// <summary>Tokens kept at each step; they add up to <paramref name="masked"/>.</summary>
    /// <param name="masked">Masked tokens at the start.</param>
    /// <param name="steps">Steps at most, at least 1.</param>
    /// <param name="options">Noise schedule, and whether counts are drawn.</param>
    /// <param name="uniform">Gives the uniform number in [0, 1) of (step, token).</param>
    public virtual int[] Counts(int masked, int steps, SamplerOptions options, Func<int, int, double> uniform) =>
        TransferSchedule.Counts(masked, steps, options.Schedule, options.StochasticTransfer ? uniform : null);
}
