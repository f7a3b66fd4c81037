using Unmask.Core.Parameters;
using static TorchSharp.torch;

namespace Unmask.Engine.Generation.Decoding;

/// <summary>How sure a model is of the token it proposes, for the ways of choosing that Dream's sampler has. Dimensions: C positions, V vocabulary.</summary>
internal static class Confidence
{
    private const double Guard = 1e-10;

    /// <summary>Whether positions are chosen before anything is predicted.</summary>
    public static bool IsRandom(Remasking way) => way is Remasking.Random or Remasking.Origin;

    /// <summary>Whether the confidence is taken from the distribution that tokens are drawn from, tempered and filtered, as Dream does.</summary>
    public static bool IsOfDrawn(Remasking way) => way is Remasking.MaskgitPlus or Remasking.TopkMargin or Remasking.Entropy;

    /// <summary>Whether it comes from Dream's sampler, whose steps share out all masks of a row, those of the prompt too.</summary>
    public static bool CountsWholeRow(Remasking way) => IsOfDrawn(way) || way == Remasking.Origin;

    /// <summary>[C], higher is surer.</summary>
    /// <param name="way">maskgit_plus, topk_margin or entropy.</param>
    /// <param name="probabilities_CV">The distribution that tokens are drawn from.</param>
    /// <param name="tokens_C">Proposed tokens.</param>
    public static Tensor Of(Remasking way, Tensor probabilities_CV, Tensor tokens_C)
    {
        using var scope = NewDisposeScope();
        var confidence_C = way switch
        {
            Remasking.TopkMargin => Margin(probabilities_CV),
            Remasking.Entropy => (probabilities_CV * (probabilities_CV + Guard).log()).sum(-1),
            _ => probabilities_CV.gather(1, tokens_C.unsqueeze(1)).squeeze(1),
        };
        return confidence_C.MoveToOuterDisposeScope();
    }

    private static Tensor Margin(Tensor probabilities_CV)
    {
        var two_C2 = probabilities_CV.topk(2, -1).values;
        return two_C2.select(1, 0) - two_C2.select(1, 1);
    }
}
