using Unmask.Core.Parameters;
using static TorchSharp.torch;

namespace Unmask.Engine.Generation.Decoding;

/// <summary>The rules of LLaDA's and Dream's samplers (arXiv 2502.09992 and 2508.15487).</summary>
public static class AcceptRules
{
    private static readonly Dictionary<Remasking, AcceptRule> Entries = new()
    {
        [Remasking.LowConfidence] = new LowConfidenceRule(),
        [Remasking.Random] = new RandomRule(),
        [Remasking.MaskgitPlus] = new MaskgitPlusRule(),
        [Remasking.TopkMargin] = new TopkMarginRule(),
        [Remasking.Entropy] = new EntropyRule(),
        [Remasking.Origin] = new OriginRule(),
    };

    /// <summary>The rule of that name.</summary>
    public static AcceptRule Of(Remasking name) => Entries[name];

    /// <summary>The most probable tokens, by the model's own probability.</summary>
    private sealed class LowConfidenceRule : AcceptRule;

    private sealed class RandomRule : AcceptRule
    {
        public override bool IsRandom => true;
    }

    /// <summary>The most probable tokens, by the distribution that they are drawn from.</summary>
    private sealed class MaskgitPlusRule : AcceptRule
    {
        public override bool IsOfDrawn => true;
    }

    /// <summary>The tokens with the largest lead over the second.</summary>
    private sealed class TopkMarginRule : AcceptRule
    {
        public override bool IsOfDrawn => true;

        public override Tensor Confidence(Tensor probabilities_CV, Tensor tokens_C)
        {
            var two_C2 = probabilities_CV.topk(2, -1).values;
            return two_C2.select(1, 0) - two_C2.select(1, 1);
        }
    }

    /// <summary>The tokens of the least uncertain distributions.</summary>
    private sealed class EntropyRule : AcceptRule
    {
        private const double Guard = 1e-10;

        public override bool IsOfDrawn => true;

        public override Tensor Confidence(Tensor probabilities_CV, Tensor tokens_C) => (probabilities_CV * (probabilities_CV + Guard).log()).sum(-1);
    }

    /// <summary>Every masked token by chance, with the probability of the times that a step lies between.</summary>
    private sealed class OriginRule : AcceptRule
    {
        public override bool IsRandom => true;

        public override bool CountsWholeRow => true;

        public override int[] Counts(int masked, int steps, SamplerOptions options, Func<int, int, double> uniform) =>
            TransferSchedule.OriginCounts(masked, steps, options.LastTime, uniform);
    }
}
