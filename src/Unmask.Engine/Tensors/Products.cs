using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using TorchSharp;

using static TorchSharp.torch;

namespace Unmask.Engine.Tensors;

/// <summary>
/// Matrix products of weights and activations. LibTorch multiplies bfloat16 number by number on CPUs without instructions for it, some fifty times slower than
/// float32, and float16 on nearly all CPUs. There the factors are widened to float32 first, which changes none of them, and the result is rounded once, as the instructions do.
/// </summary>
internal static class Products
{
    /// <summary>So many values of a weight are widened at a time: a table of a vocabulary would otherwise be there a second time, and twice as large.</summary>
    public const long Portion = 1L << 24;

    /// <summary>Whether this processor multiplies bfloat16 as fast as float32 or faster: by AVX-512, or by what came with AVX-VNNI-INT8.</summary>
    public static bool HasBfloat16 { get; } = !X86Base.IsSupported
        ? RuntimeInformation.ProcessArchitecture == Architecture.Arm64
        : Avx512BW.IsSupported || (X86Base.CpuId(7, 1).Edx & (1 << 4 | 1 << 5)) == (1 << 4 | 1 << 5);

    /// <summary>Whether products of that type are computed in float32 there.</summary>
    public static bool AreWidened(ScalarType dtype, bool onCpu) => onCpu && (dtype == ScalarType.Float16 || dtype == ScalarType.BFloat16 && !HasBfloat16);

    /// <inheritdoc cref="AreWidened(ScalarType, bool)"/>
    public static bool AreWidened(Tensor x) => AreWidened(x.dtype, x.device_type == DeviceType.CPU);

    /// <summary>x [N, I] times a weight [O, I], plus bias [O]: [N, O], of the type of x. All three may receive gradients.</summary>
    public static Tensor Linear(Tensor x_NI, Tensor weight_OI, Tensor? bias_O = null)
    {
        if (!AreWidened(x_NI)) return nn.functional.linear(x_NI, weight_OI, bias_O);
        return is_grad_enabled() && (x_NI.requires_grad || weight_OI.requires_grad || bias_O is { requires_grad: true })
            ? LinearFunction.apply(x_NI, weight_OI, bias_O!)
            : WidenedLinear(x_NI, weight_OI, bias_O);
    }

    /// <summary>a [N, K] times b [K, M], without gradients.</summary>
    public static Tensor Multiply(Tensor a_NK, Tensor b_KM)
    {
        if (!AreWidened(a_NK)) return a_NK.mm(b_KM);
        using var scope = NewDisposeScope();
        var a = a_NK.to(ScalarType.Float32);
        var sum_NM = zeros([a_NK.shape[0], b_KM.shape[1]], ScalarType.Float32);
        foreach (var (first, count) in Portions(b_KM))
        {
            using var portion = NewDisposeScope();
            sum_NM.addmm_(a.narrow(1, first, count), b_KM.narrow(0, first, count).to(ScalarType.Float32), 1, 1);
        }

        return sum_NM.to(a_NK.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>Adds a [N, K] times b [K, M] to <paramref name="sum_NM"/>, without gradients.</summary>
    public static void AddProduct(Tensor sum_NM, Tensor a_NK, Tensor b_KM)
    {
        if (!AreWidened(sum_NM))
        {
            sum_NM.addmm_(a_NK, b_KM, 1, 1);
            return;
        }

        using var scope = NewDisposeScope();
        var b = b_KM.to(ScalarType.Float32);
        foreach (var (first, count) in Portions(sum_NM))
        {
            using var portion = NewDisposeScope();
            sum_NM.narrow(0, first, count).add_(a_NK.narrow(0, first, count).to(ScalarType.Float32).mm(b));
        }
    }

    private static Tensor WidenedLinear(Tensor x_NI, Tensor weight_OI, Tensor? bias_O)
    {
        using var scope = NewDisposeScope();
        var (x, bias) = (x_NI.to(ScalarType.Float32), bias_O?.to(ScalarType.Float32));
        var portions = Portions(weight_OI);
        if (portions.Count == 1) return nn.functional.linear(x, weight_OI.to(ScalarType.Float32), bias).to(x_NI.dtype).MoveToOuterDisposeScope();
        var result_NO = empty([.. x_NI.shape[..^1], weight_OI.shape[0]], x_NI.dtype);
        foreach (var (first, count) in portions)
        {
            using var portion = NewDisposeScope();
            result_NO.narrow(-1, first, count).copy_(nn.functional.linear(x, weight_OI.narrow(0, first, count).to(ScalarType.Float32), bias?.narrow(0, first, count)));
        }

        return result_NO.MoveToOuterDisposeScope();
    }

    /// <summary>Runs of rows of about <see cref="Portion"/> values.</summary>
    private static List<(long First, long Count)> Portions(Tensor rows)
    {
        var (count, size) = (rows.shape[0], Math.Max(1, Portion / Math.Max(1, rows.shape[1])));
        List<(long, long)> portions = [];
        for (var first = 0L; first < count; first += size) portions.Add((first, Math.Min(size, count - first)));
        return portions;
    }

    /// <summary>Keeps what was given, in 16 bits: autograd would keep the widened factors.</summary>
    private sealed class LinearFunction : autograd.SingleTensorFunction<LinearFunction>
    {
        public override string Name => nameof(Products) + nameof(Linear);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (x_NI, weight_OI, bias_O) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor?)vars[2]);
            ctx.save_for_backward([x_NI, weight_OI]);
            ctx.save_data("needs", (x_NI.requires_grad, weight_OI.requires_grad, bias_O is { requires_grad: true }));
            return WidenedLinear(x_NI, weight_OI, bias_O);
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            var saved = ctx.get_saved_variables();
            var (x_NI, weight_OI) = (saved[0], saved[1]);
            var (needsX, needsWeight, needsBias) = ((bool, bool, bool))ctx.get_data("needs");
            var gradient_NO = grad_output.to(ScalarType.Float32);
            return HandedOver.Gradients(
                needsX ? Multiply(grad_output, weight_OI) : null,
                needsWeight ? gradient_NO.t().mm(x_NI.to(ScalarType.Float32)).to(weight_OI.dtype) : null,
                needsBias ? gradient_NO.sum([0L]).to(weight_OI.dtype) : null);
        }
    }
}
