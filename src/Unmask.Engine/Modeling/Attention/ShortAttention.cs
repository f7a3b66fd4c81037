using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using TorchSharp;
using Unmask.Engine.Modeling.Regularization;
using Unmask.Engine.Tensors;

using static TorchSharp.torch;

namespace Unmask.Engine.Modeling.Attention;

/// <summary>How a layer attends, beside its queries, keys and values.</summary>
/// <param name="Context">Sequences and their positions.</param>
/// <param name="Heads">H.</param>
/// <param name="Theta">Base of the rotary frequencies; null for none.</param>
/// <param name="Window">Position i sees j only where |i - j| is at most this; null for all.</param>
internal sealed record AttentionPlan(AttentionContext Context, int Heads, double? Theta = null, int? Window = null)
{
    /// <summary>Tokens of each sequence, end to end.</summary>
    public int[] Lengths => Context.Lengths;
}

/// <summary>
/// Attention over many short sequences on a CPU as one operator: rotation, scores, softmax and context without a tensor in between. LibTorch's
/// batched products are slow on matrices of a few dozen rows, and the elementwise steps around them cost more than the arithmetic.
/// </summary>
internal static class ShortAttention
{
    /// <summary>Numbers in a register of this processor; 0 where the operator is of no use, for want of fused multiplication and addition in 256 bits.</summary>
    public static int Lanes { get; } = Vector512.IsHardwareAccelerated ? Lanes512.Count : Avx2.IsSupported && Fma.IsSupported ? Lanes256.Count : 0;

    /// <summary>Longest sequence for which this beats the matrix products of LibTorch.</summary>
    public const int LongestSequence = 96;

    private static readonly ConcurrentDictionary<(int Length, int HeadWidth, double Theta), (float[] Cos, float[] Sin)> Tables = new();

    /// <summary>Whether the operator takes this: CPU, float32 or bfloat16, short sequences, a head width that fills vectors, no dropout.</summary>
    public static bool Applies(Tensor qkv, AttentionPlan plan, int headWidth, ActiveDropout? dropout) =>
        dropout is null && qkv.device_type == DeviceType.CPU && qkv.dtype is ScalarType.Float32 or ScalarType.BFloat16
        && Lanes > 0 && headWidth % (plan.Theta is null ? Lanes : 2 * Lanes) == 0
        && plan.Lengths.DefaultIfEmpty(0).Max() <= LongestSequence;

    /// <summary>Context [N, H*K] of packed queries, keys and values side by side, [N, 3*H*K].</summary>
    public static Tensor Apply(Tensor qkv_N3D, AttentionPlan plan) => Function.apply(qkv_N3D, plan);

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        public override string Name => nameof(ShortAttention);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (qkv, plan) = (((Tensor)vars[0]).contiguous(), (AttentionPlan)vars[1]);
            var width = qkv.shape[1] / 3;
            var context = empty([qkv.shape[0], width], qkv.dtype, qkv.device);
            if (qkv.dtype == ScalarType.Float32) Forward<float>(qkv, context, plan);
            else Forward<ushort>(qkv, context, plan);
            ctx.save_for_backward([qkv]);
            ctx.save_data("plan", plan);
            return context;
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var scope = NewDisposeScope();
            var (qkv, plan) = (ctx.get_saved_variables()[0], (AttentionPlan)ctx.get_data("plan"));
            var gradient = grad_output.contiguous();
            var result = empty_like(qkv);
            if (qkv.dtype == ScalarType.Float32) Backward<float>(qkv, gradient, result, plan);
            else Backward<ushort>(qkv, gradient, result, plan);
            grad_output.Dispose();
            return [HandedOver.Gradient(result), null!];
        }
    }

    private static unsafe void Forward<T>(Tensor qkv, Tensor context, AttentionPlan plan) where T : unmanaged
    {
        var (from, to, width) = (Pointer<T>(qkv), Pointer<T>(context), (int)(qkv.shape[1] / 3));
        ForEachHead(plan, width, (kernel, token, head) =>
        {
            var q = (T*)from + token * 3 * width + head;
            kernel.Forward(q, q + width, q + 2 * width, 3 * width, (T*)to + token * width + head, width);
        });
    }

    private static unsafe void Backward<T>(Tensor qkv, Tensor contextGradient, Tensor result, AttentionPlan plan) where T : unmanaged
    {
        var (from, gradient, to, width) = (Pointer<T>(qkv), Pointer<T>(contextGradient), Pointer<T>(result), (int)(qkv.shape[1] / 3));
        ForEachHead(plan, width, (kernel, token, head) =>
        {
            var q = (T*)from + token * 3 * width + head;
            var dq = (T*)to + token * 3 * width + head;
            kernel.Backward(q, q + width, q + 2 * width, 3 * width, (T*)gradient + token * width + head, width, dq, dq + width, dq + 2 * width, 3 * width);
        });
    }

    /// <summary>Calls <paramref name="body"/>(kernel, first token of the sequence, first column of the head) for every head of every sequence.</summary>
    private static void ForEachHead(AttentionPlan plan, int width, Action<IShortAttentionKernel, long, int> body)
    {
        var headWidth = width / plan.Heads;
        var starts = new long[plan.Lengths.Length];
        for (var i = 1; i < starts.Length; i++) starts[i] = starts[i - 1] + plan.Lengths[i - 1];
        ParallelRange.For(plan.Lengths.Length, (first, end) =>
        {
            IShortAttentionKernel? kernel = null;
            var kernelLength = 0;
            for (var i = first; i < end; i++)
            {
                var length = plan.Lengths[i];
                if (length == 0) continue;
                if (kernel is null || kernelLength != length)
                {
                    (kernel, kernelLength) = (Kernel(length, headWidth, plan), length);
                }

                for (var head = 0; head < plan.Heads; head++) body(kernel, starts[i], head * headWidth);
            }
        });
    }

    private static IShortAttentionKernel Kernel(int length, int headWidth, AttentionPlan plan)
    {
        var (cos, sin) = plan.Theta is { } theta ? Table(length, headWidth, theta) : default((float[]?, float[]?));
        return Vector512.IsHardwareAccelerated
            ? new ShortAttentionKernel<Lanes512, Vector512<float>>(length, headWidth, cos, sin, plan.Window)
            : new ShortAttentionKernel<Lanes256, Vector256<float>>(length, headWidth, cos, sin, plan.Window);
    }

    private static (float[] Cos, float[] Sin) Table(int length, int headWidth, double theta) =>
        Tables.GetOrAdd((length, headWidth, theta), key =>
        {
            var half = key.HeadWidth / 2;
            var (cos, sin) = (new float[key.Length * half], new float[key.Length * half]);
            for (var i = 0; i < key.Length; i++)
            {
                for (var k = 0; k < half; k++)
                {
                    var angle = i * RotaryEmbedding.Frequency(k, key.HeadWidth, key.Theta);
                    (cos[i * half + k], sin[i * half + k]) = (MathF.Cos(angle), MathF.Sin(angle));
                }
            }

            return (cos, sin);
        });

    private static unsafe nint Pointer<T>(Tensor tensor) where T : unmanaged =>
        (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes));
}
