using Unmask.Engine.Modeling.Regularization;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Attention;

/// <summary>
/// Bidirectional attention with rotary positions over all tokens of each sequence. Several query heads may share one head of keys and values
/// (grouped queries, arXiv 2305.13245). H query heads, G heads of keys and values, K head width.
/// </summary>
internal static class RotaryAttention
{
    /// <summary>Context [N, H*K].</summary>
    /// <param name="query_NE">Queries [N, H*K]; sequences end to end.</param>
    /// <param name="key_NF">Keys [N, G*K].</param>
    /// <param name="value_NF">Values [N, G*K].</param>
    /// <param name="plan">H, sequences and base of the frequencies.</param>
    /// <param name="groups">G; H is a multiple of it.</param>
    /// <param name="dropout">Dropout of attention weights; null for none.</param>
    public static Tensor Apply(Tensor query_NE, Tensor key_NF, Tensor value_NF, AttentionPlan plan, int groups, ActiveDropout? dropout)
    {
        long n = query_NE.shape[0], width = query_NE.shape[1];
        var headWidth = (int)(width / plan.Heads);
        if (ShortAttention.Applies(query_NE, plan, headWidth, dropout))
        {
            var side_N3E = cat([query_NE, Shared(key_NF, plan.Heads, groups, headWidth).reshape(n, width), Shared(value_NF, plan.Heads, groups, headWidth).reshape(n, width)], -1);
            return ShortAttention.Apply(side_N3E, plan);
        }

        var rotary = plan.Context.Rotary(headWidth, plan.Theta!.Value, query_NE);
        var q_NHK = rotary.Apply(query_NE.view(n, plan.Heads, headWidth));
        var k_NGK = rotary.Apply(key_NF.view(n, groups, headWidth));
        var context_NHK = ScaledDotProductAttention.Bidirectional(
            q_NHK, Shared(k_NGK, plan.Heads, groups, headWidth), Shared(value_NF, plan.Heads, groups, headWidth), plan.Lengths, plan.Window, dropout);
        return context_NHK.reshape(n, width);
    }

    /// <summary>[N, H, K]: each head of keys or values once for every query head that shares it.</summary>
    private static Tensor Shared(Tensor x, int heads, int groups, int headWidth)
    {
        var x_NGK = x.view(x.shape[0], groups, headWidth);
        if (heads == groups) return x_NGK;
        return x_NGK.unsqueeze(2).expand(x.shape[0], groups, heads / groups, headWidth).reshape(x.shape[0], heads, headWidth);
    }
}
