using static TorchSharp.torch;

namespace Unmask.Engine.Native;

/// <summary>
/// Operators of LibTorch that TorchSharp 0.107.0 does not bind, reached through TorchScript source compiled at first use.
/// A compile error would end the process, so the sources are constants and each is run by a test.
/// Data types are written as LibTorch's numbers (6 is float32).
/// </summary>
internal static class TorchScriptOperators
{
    private const string Source = """
        def fused_adamw(p: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], s: List[Tensor],
                        h: Tensor, scale: Tensor):
            torch._fused_adamw_(p, g, m, v, [], s, lr=float(h[0]), beta1=float(h[1]), beta2=float(h[2]), weight_decay=float(h[3]),
                                eps=float(h[4]), amsgrad=False, maximize=False, grad_scale=scale)

        def total_norm(g: List[Tensor]):
            return torch.linalg_vector_norm(torch.stack(torch._foreach_norm(g, 2.0, dtype=6)), 2.0)

        """;

    private static readonly Lazy<jit.CompilationUnit> Unit = new(() => jit.compile(Source));

    /// <summary>One AdamW update in place. All lists have one entry a parameter, all of one data type.</summary>
    /// <param name="numbers">Float64 on the host: learning rate, beta 1, beta 2, weight decay, epsilon. They travel in a tensor because TorchSharp
    /// lets go of the native copy of a plain number before the call has read it.</param>
    /// <param name="gradientDivisor">One float32 number that every gradient is divided by first.</param>
    public static void FusedAdamW(
        Tensor[] parameters, Tensor[] gradients, Tensor[] firstMoments, Tensor[] secondMoments, Tensor[] steps, Tensor numbers, Tensor gradientDivisor) =>
        Unit.Value.invoke("fused_adamw", parameters, gradients, firstMoments, secondMoments, steps, numbers, gradientDivisor);

    /// <summary>Euclidean norm over all tensors together, summed in float32; a rank-0 tensor.</summary>
    public static Tensor TotalNorm(Tensor[] tensors) => (Tensor)Unit.Value.invoke("total_norm", new object[] { tensors });
}
