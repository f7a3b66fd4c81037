using static TorchSharp.torch;

namespace Unmask.Engine.Generation.Decoding;

/// <summary>Which tokens may be drawn at a position: the most probable ones only. Dimensions: C positions, V vocabulary, R ranks.</summary>
internal static class TokenFilter
{
    /// <summary>Logits with -infinity for tokens that are left out; the most probable token stays in any case.</summary>
    /// <param name="logits_CV">Logits, tempered.</param>
    /// <param name="topK">Keep so many; null for all.</param>
    /// <param name="topP">Keep the most probable tokens until those before the next hold more than this share; null or 1 for all.</param>
    public static Tensor Apply(Tensor logits_CV, int? topK, double? topP)
    {
        var vocabulary = logits_CV.shape[1];
        var ranks = Math.Min(topK ?? vocabulary, vocabulary);
        if (ranks == vocabulary && topP is null or >= 1) return logits_CV;
        using var scope = NewDisposeScope();
        var best_CR = logits_CV.topk((int)ranks, -1).values;
        Tensor lowest_C1;
        if (topP is < 1)
        {
            var probabilities_CR = (best_CR - logits_CV.logsumexp(-1, keepdim: true)).exp();
            var before_CR = probabilities_CR.cumsum(-1) - probabilities_CR;
            var last_C1 = before_CR.le(topP.Value).sum(-1, keepdim: true).clamp_min(1) - 1;
            lowest_C1 = best_CR.gather(1, last_C1);
        }
        else
        {
            lowest_C1 = best_CR.narrow(1, ranks - 1, 1);
        }

        return logits_CV.masked_fill(logits_CV.lt(lowest_C1), float.NegativeInfinity).MoveToOuterDisposeScope();
    }
}
