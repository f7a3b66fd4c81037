using Unmask.Engine.Modeling.Sequences;
using Unmask.Engine.Tensors;
using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Blocks;

/// <summary>
/// Runs a layer without keeping what its backward pass needs, and runs it again when that pass comes (Chen et al. 2016): memory for one
/// layer at a time instead of all, for a third more arithmetic. Dropout drops the same units again (<see cref="TokenKey"/>), so every bit is the same.
/// </summary>
internal static class ActivationCheckpoint
{
    /// <summary>body(input), of which only <paramref name="input"/> is kept.</summary>
    /// <param name="input">Where nothing before the layer is trained it requires no gradient; the layer's own parameters get theirs all the same.</param>
    /// <param name="body">May use parameters; what else it uses must live until the backward pass.</param>
    public static Tensor Run(Tensor input, Func<Tensor, Tensor> body) =>
        // Autograd calls the backward only of a function that has an input to differentiate.
        Function.apply(input.requires_grad ? input : input.detach().requires_grad_(), body);

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        public override string Name => nameof(ActivationCheckpoint);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (input, body) = ((Tensor)vars[0], (Func<Tensor, Tensor>)vars[1]);
            using var noGrad = no_grad();
            using var scope = NewDisposeScope();
            ctx.save_for_backward([input]);
            ctx.save_data("body", body);
            return body(input).MoveToOuterDisposeScope();
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var scope = NewDisposeScope();
            var body = (Func<Tensor, Tensor>)ctx.get_data("body");
            var input = ctx.get_saved_variables()[0].detach().requires_grad_();
            using (enable_grad()) body(input).backward([grad_output]);
            return [HandedOver.Gradient(input.grad!), null!];
        }
    }
}
