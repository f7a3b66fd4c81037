using Unmask.Engine.Modeling.Regularization;
using Unmask.Engine.Modeling.Sequences;
using Unmask.Engine.Tensors;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Attention;

/// <summary>Attention over packed sequences. H heads of width K; B sequences of equal length L at a time.</summary>
internal static class ScaledDotProductAttention
{
    /// <summary>Up to this length plain matrix products beat the fused kernel for bfloat16 on CPUs, whose backward does not use the fast bf16 product.</summary>
    private const int LongestPlainBFloat16 = 1024;

    /// <summary>Softmax attention within each sequence, scale 1/sqrt(K).</summary>
    /// <param name="q_NHK">Queries [N, H, K]; sequences end to end.</param>
    /// <param name="k_NHK">Keys [N, H, K].</param>
    /// <param name="v_NHK">Values [N, H, K].</param>
    /// <param name="lengths">Tokens of each sequence; fastest when equal lengths stand together.</param>
    /// <param name="window">When given, position i sees j only where |i - j| is at most this.</param>
    /// <param name="dropout">Dropout of attention weights; null for none.</param>
    /// <returns>[N, H, K]</returns>
    public static Tensor Bidirectional(Tensor q_NHK, Tensor k_NHK, Tensor v_NHK, ReadOnlySpan<int> lengths, int? window = null, ActiveDropout? dropout = null)
    {
        if (Products.AreWidened(q_NHK))
        {
            return Bidirectional(q_NHK.to(ScalarType.Float32), k_NHK.to(ScalarType.Float32), v_NHK.to(ScalarType.Float32), lengths, window, dropout).to(q_NHK.dtype);
        }

        var runs = LengthRun.Of(lengths);
        if (runs.Count == 1) return OverRun(q_NHK, k_NHK, v_NHK, runs[0], window, dropout, first: 0);

        // split, not slices: its backward is one concatenation.
        var sizes = runs.Select(run => (long)run.Tokens).ToArray();
        var q = q_NHK.split(sizes, 0);
        var k = k_NHK.split(sizes, 0);
        var v = v_NHK.split(sizes, 0);
        var outputs = new Tensor[runs.Count];
        var first = 0;
        for (var i = 0; i < runs.Count; i++)
        {
            outputs[i] = OverRun(q[i], k[i], v[i], runs[i], window, dropout, first);
            first += runs[i].Tokens;
        }

        return cat(outputs, 0);
    }

    private static Tensor OverRun(Tensor q_NHK, Tensor k_NHK, Tensor v_NHK, LengthRun run, int? window, ActiveDropout? dropout, int first)
    {
        long heads = q_NHK.shape[1], headWidth = q_NHK.shape[2];
        Tensor Rows(Tensor x_NHK) => x_NHK.view(run.Count, run.Length, heads, headWidth).transpose(1, 2);
        var q_BHLK = Rows(q_NHK);
        var k_BHLK = Rows(k_NHK);
        var v_BHLK = Rows(v_NHK);
        var allowed_LL = window < run.Length - 1 ? WindowMask(run.Length, window.Value, q_NHK.device) : null;
        var plain = dropout is not null || IsPlain(q_NHK.dtype == ScalarType.BFloat16, q_NHK.device_type == TorchSharp.DeviceType.CPU, run.Length);
        var context_BHLK = plain
            ? Plain(q_BHLK, k_BHLK, v_BHLK, allowed_LL, dropout, first)
            : nn.functional.scaled_dot_product_attention(q_BHLK, k_BHLK, v_BHLK, allowed_LL);
        return context_BHLK.transpose(1, 2).reshape(run.Tokens, heads, headWidth);
    }

    /// <summary>Whether sequences of that length without dropout have their attention weights [H, L, L] kept for the backward pass.</summary>
    public static bool KeepsWeights(bool bfloat16, bool onGpu, int length) => length > ShortAttention.LongestSequence && IsPlain(bfloat16, !onGpu, length);

    private static bool IsPlain(bool bfloat16, bool onCpu, int length) => bfloat16 && onCpu && Products.HasBfloat16 && length <= LongestPlainBFloat16;

    private static Tensor Plain(Tensor q_BHLK, Tensor k_BHLK, Tensor v_BHLK, Tensor? allowed_LL, ActiveDropout? dropout, int first)
    {
        var scale = 1 / Math.Sqrt(q_BHLK.shape[3]);
        var scores_BHLL = matmul(q_BHLK * scale, k_BHLK.transpose(-2, -1));
        if (allowed_LL is not null) scores_BHLL = scores_BHLL.masked_fill(allowed_LL.logical_not(), float.NegativeInfinity);
        var weights_BHLL = nn.functional.softmax(scores_BHLL, -1);
        if (dropout is not null) weights_BHLL = dropout.ApplyToWeights(weights_BHLL, first);
        return matmul(weights_BHLL, v_BHLK);
    }

    private static Tensor WindowMask(int length, int window, Device device)
    {
        var positions_L = arange(length, device: device);
        return (positions_L.unsqueeze(1) - positions_L.unsqueeze(0)).abs().le(window);
    }
}
