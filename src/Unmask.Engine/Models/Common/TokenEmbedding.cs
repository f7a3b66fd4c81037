using static TorchSharp.torch;

namespace Unmask.Engine.Models.Common;

/// <summary>The look-up of token ids in an embedding table.</summary>
internal static class TokenEmbedding
{
    /// <summary>Rows [N, D] of <paramref name="weight_VD"/>.</summary>
    /// <param name="padId">The row that the look-up gives no gradient to (a tied decoder still trains it), as Torch's <c>padding_idx</c>.</param>
    public static Tensor LookUp(Tensor weight_VD, Tensor ids_N, int? padId)
    {
        var rows_ND = weight_VD.index_select(0, ids_N);
        if (padId is null || !is_grad_enabled()) return rows_ND;
        var isPad_N1 = ids_N.eq(padId.Value).unsqueeze(1);
        return where(isPad_N1, rows_ND.detach(), rows_ND);
    }
}
