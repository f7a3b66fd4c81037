using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Blocks;

/// <summary>Rows of a vocabulary table that an adapter has of its own, for a few tokens; the others stay those of the table. T such tokens.</summary>
/// <param name="Ids_T">The tokens, int64 [T], each once.</param>
/// <param name="Slots_V">For each token of the vocabulary its place in <paramref name="Ids_T"/>, or -1; int64 [V].</param>
/// <param name="Rows_TD">Their rows.</param>
public sealed record TokenRows(Tensor Ids_T, Tensor Slots_V, Tensor Rows_TD)
{
    /// <summary>Vectors [N, D] of which those of these tokens are replaced.</summary>
    /// <param name="plain_ND">The table's.</param>
    /// <param name="ids_N">Their tokens.</param>
    /// <param name="padId">The token whose row the look-up does not train; null for none.</param>
    internal Tensor Replace(Tensor plain_ND, Tensor ids_N, int? padId)
    {
        using var scope = NewDisposeScope();
        var slots_N = Slots_V.index_select(0, ids_N);
        var rows_ND = Rows_TD.index_select(0, slots_N.clamp(0)).to(plain_ND.dtype);
        if (padId is { } pad) rows_ND = where(ids_N.eq(pad).unsqueeze(1), rows_ND.detach(), rows_ND);
        return where(slots_N.ge(0).unsqueeze(1), rows_ND, plain_ND).MoveToOuterDisposeScope();
    }

    /// <summary>Logits [S, V] of which those of these tokens are replaced.</summary>
    /// <param name="logits_SV">The table's.</param>
    /// <param name="hidden_SD">What they were made of.</param>
    /// <param name="bias_V">The bias of the head; null for none.</param>
    internal Tensor Replace(Tensor logits_SV, Tensor hidden_SD, Tensor? bias_V)
    {
        using var scope = NewDisposeScope();
        var own_ST = hidden_SD.mm(Rows_TD.to(hidden_SD.dtype).t());
        if (bias_V is not null) own_ST = own_ST + bias_V.index_select(0, Ids_T);
        return logits_SV.index_copy(1, Ids_T, own_ST.to(logits_SV.dtype)).MoveToOuterDisposeScope();
    }
}
