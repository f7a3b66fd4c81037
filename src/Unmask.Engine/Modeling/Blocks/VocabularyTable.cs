using Unmask.Engine.Tensors;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Blocks;

/// <summary>
/// The two uses of a table [V, D] with a row for each token of the vocabulary: token to vector, and vector to logits. N tokens, S rows, U distinct tokens.
/// </summary>
/// <remarks>
/// The table is by far the largest weight, and autograd would make a gradient of its size for each use and each chunk of rows before adding it up.
/// Here gradients go straight into the table's <c>grad</c>, as if they had been added by autograd.
/// </remarks>
internal static class VocabularyTable
{
    /// <summary>Rows [N, D] of <paramref name="table_VD"/>.</summary>
    /// <param name="padId">The row that the look-up gives no gradient to (a tied decoder still trains it), as Torch's <c>padding_idx</c>.</param>
    public static Tensor LookUp(Tensor table_VD, Tensor ids_N, int? padId) =>
        table_VD.requires_grad && is_grad_enabled() ? LookUpFunction.apply(table_VD, ids_N, padId!) : table_VD.index_select(0, ids_N);

    /// <summary>Logits [S, V] = hidden times the table's rows, plus bias.</summary>
    public static Tensor Logits(Tensor hidden_SD, Tensor table_VD, Tensor? bias_V = null)
    {
        if (!table_VD.requires_grad || !is_grad_enabled()) return Products.Linear(hidden_SD, table_VD, bias_V);
        var logits_SV = ProductFunction.apply(hidden_SD, table_VD);
        return bias_V is null ? logits_SV : logits_SV.add_(bias_V);
    }

    private sealed class LookUpFunction : autograd.SingleTensorFunction<LookUpFunction>
    {
        public override string Name => nameof(VocabularyTable) + nameof(LookUp);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (table_VD, ids_N) = ((Tensor)vars[0], (Tensor)vars[1]);
            ctx.save_for_backward([table_VD, ids_N]);
            ctx.save_data("pad", vars[2]);
            return table_VD.index_select(0, ids_N);
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            var saved = ctx.get_saved_variables();
            var (table_VD, ids_N) = (saved[0], saved[1]);
            var gradient_ND = grad_output.to(ScalarType.Float32);
            if (ctx.get_data("pad") is int pad) gradient_ND = gradient_ND.masked_fill(ids_N.eq(pad).unsqueeze(1), 0);
            // In float32 and once a token: the mask token stands in half of the rows, and so many small addends would be lost in a bfloat16 sum.
            var (ids_U, place_N, _) = ids_N.unique(return_inverse: true);
            var sum_UD = zeros([ids_U.shape[0], gradient_ND.shape[1]], ScalarType.Float32, gradient_ND.device).index_add_(0, place_N!, gradient_ND, 1);
            if (table_VD.grad is null) table_VD.grad = zeros_like(table_VD).DetachFromDisposeScope();
            table_VD.grad!.index_add_(0, ids_U, sum_UD.to(table_VD.dtype), 1);
            return [null!, null!, null!];
        }
    }

    private sealed class ProductFunction : autograd.SingleTensorFunction<ProductFunction>
    {
        public override string Name => nameof(VocabularyTable) + nameof(Logits);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (hidden_SD, table_VD) = ((Tensor)vars[0], (Tensor)vars[1]);
            ctx.save_for_backward([hidden_SD, table_VD]);
            return Products.Linear(hidden_SD, table_VD);
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            var saved = ctx.get_saved_variables();
            var (hidden_SD, table_VD) = (saved[0], saved[1]);
            var gradient_VS = grad_output.t();
            if (table_VD.grad is { } sum) Products.AddProduct(sum, gradient_VS, hidden_SD);
            else table_VD.grad = Products.Multiply(gradient_VS, hidden_SD).DetachFromDisposeScope();
            return [Products.Multiply(grad_output, table_VD).MoveToOuterDisposeScope(), null!];
        }
    }
}
