using static TorchSharp.torch;

namespace Unmask.Engine.Tensors;

/// <summary>
/// Operators of LibTorch that TorchSharp 0.107.0 does not bind, reached through TorchScript source compiled at first use.
/// A compile error would end the process, so the sources are constants and each is run by a test.
/// Data types are written as LibTorch's numbers: 2 is int16, 3 int32, 6 float32, 15 bfloat16.
/// </summary>
internal static class TorchScriptOperators
{
    private const string Source = """
        def fused_adamw(p: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], s: List[Tensor], h: Tensor, scale: Tensor):
            torch._fused_adamw_(p, g, m, v, [], s, lr=float(h[0]), beta1=float(h[1]), beta2=float(h[2]), weight_decay=float(h[3]),
                                eps=float(h[4]), amsgrad=False, maximize=False, grad_scale=scale)

        def join_halves(high: Tensor, low: Tensor):
            return torch.view_copy(torch.bitwise_left_shift(torch.view_copy(high, dtype=2).to(dtype=3), 16).add_(low), dtype=6)

        def split_halves(full: Tensor, high: Tensor, low: Tensor):
            bits = torch.view_copy(full, dtype=3)
            low.copy_(bits)
            high.copy_(torch.view_copy(bits.add_(32768).bitwise_right_shift_(16).to(dtype=2), dtype=15))

        def norms(pieces: List[Tensor]):
            return torch.stack([torch.linalg_vector_norm(piece, 2.0, dtype=6) for piece in pieces])

        """;

    private static readonly Lazy<jit.CompilationUnit> Unit = new(() => jit.compile(Source));

    /// <summary>One AdamW update in place. All lists have one entry a parameter, all of float32.</summary>
    /// <param name="steps">One number each: updates done, this one included.</param>
    /// <param name="numbers">Float64 on the host: learning rate, beta 1, beta 2, weight decay, epsilon. They travel in a tensor because TorchSharp
    /// lets go of the native copy of a plain number before the call has read it.</param>
    /// <param name="gradientDivisor">One number that every gradient is divided by first.</param>
    public static void FusedAdamW(
        Tensor[] parameters, Tensor[] gradients, Tensor[] firstMoments, Tensor[] secondMoments, Tensor[] steps, Tensor numbers, Tensor gradientDivisor) =>
        Unit.Value.invoke("fused_adamw", parameters, gradients, firstMoments, secondMoments, steps, numbers, gradientDivisor);

    /// <summary>Float32 numbers from their halves: bits = (bits of <paramref name="high"/> shifted left by 16) + <paramref name="low"/>.</summary>
    /// <param name="high">Bfloat16.</param>
    /// <param name="low">Int16, of the same shape.</param>
    public static Tensor JoinHalves(Tensor high, Tensor low) => (Tensor)Unit.Value.invoke("join_halves", high, low);

    /// <summary>The inverse of <see cref="JoinHalves"/>. <paramref name="high"/> becomes <paramref name="full"/> rounded to nearest, halves away from zero.</summary>
    public static void SplitHalves(Tensor full, Tensor high, Tensor low) => Unit.Value.invoke("split_halves", full, high, low);

    /// <summary>Euclidean norm of each tensor, at least one, in float32: [P].</summary>
    public static Tensor Norms(Tensor[] pieces) => (Tensor)Unit.Value.invoke("norms", new object[] { pieces });
}
